"""What is going to happen in a run: the same for the same seed, on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

SESSION_TIMEOUT_S = 2.0
"""Of the workers' group: short, so that the dead and the frozen are noticed while the run lasts."""
RECORDS_PER_S = 400
"""Slow enough for two cores, fast enough that every moment has something in flight."""
FEWEST_STEPS, MOST_STEPS = 4, 7
MOST_WORKERS = 4
FIRST_ROW_S = 4
BROKER_START_S = 6
"""About how long it takes until the first row is counted, and until a broker is back: the stream is to last longer."""


class Fault(StrEnum):
    """What can happen; the values are the names in the summary."""

    KILL = "worker_killed"
    FREEZE = "worker_frozen"
    ADD = "worker_added"
    REMOVE = "worker_removed"
    VALKEY_EMPTIED = "valkey_emptied"
    VALKEY_SET_BACK = "valkey_set_back"
    BROKER_KILL = "broker_killed"
    PROMOTE = "model_promoted"


HOLDS = {
    Fault.FREEZE: (1.3 * SESSION_TIMEOUT_S, 2.2 * SESSION_TIMEOUT_S),
    Fault.VALKEY_EMPTIED: (0.0, 1.5),
    Fault.VALKEY_SET_BACK: (0.5, 3.0),
    Fault.BROKER_KILL: (0.0, 2.0),
}
"""For how many seconds a worker is frozen (always past its session), a server is away, a snapshot grows old."""


@dataclass(frozen=True, slots=True)
class Step:
    """One fault, ``after_s`` seconds after the one before. ``victim`` chooses among the workers that are there then."""

    fault: Fault
    after_s: float
    hold_s: float = 0.0
    victim: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """One run: so many workers at the beginning, then the steps."""

    name: str
    workers: int
    steps: tuple[Step, ...]

    @property
    def records(self) -> int:
        """As many as last about until the last step is done."""
        restarts_s = BROKER_START_S * sum(step.fault == Fault.BROKER_KILL for step in self.steps)
        steps_s = sum(step.after_s + step.hold_s for step in self.steps)
        return int(RECORDS_PER_S * (FIRST_ROW_S + steps_s + restarts_s))


def make_plan(seed: int, number: int) -> Plan:
    """The plan of run ``number`` of a series."""
    name = f"{seed}-{number}"
    random = Random(name)
    workers = members = random.randint(1, 3)
    steps = []
    for _ in range(random.randint(FEWEST_STEPS, MOST_STEPS)):
        fault = random.choice(_possible(members))
        members += {Fault.ADD: 1, Fault.REMOVE: -1}.get(fault, 0)
        steps.append(_step(fault, random))
    return Plan(name, workers, tuple(steps))


def _possible(members: int) -> list[Fault]:
    impossible = {Fault.REMOVE: members == 1, Fault.ADD: members == MOST_WORKERS}
    return [fault for fault in Fault if not impossible.get(fault)]


def _step(fault: Fault, random: Random) -> Step:
    hold_s = random.uniform(*HOLDS.get(fault, (0.0, 0.0)))
    return Step(fault, random.uniform(0.1, 2.0), hold_s, random.randrange(MOST_WORKERS))
