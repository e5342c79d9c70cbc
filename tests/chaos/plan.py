"""What a run consists of: faults on a clock. A worker's faults and a server's may overlap."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.chaos.points import Trap

SESSION_TIMEOUT_S = 2.0
"""Of the workers' group: short, so that the dead and the frozen are noticed while the run lasts."""


class Fault(StrEnum):
    """What can happen; the values are the names in the summary."""

    KILL = "worker_killed"
    FREEZE = "worker_frozen"
    TRAP = "worker_trapped"
    ADD = "worker_added"
    REMOVE = "worker_removed"
    PROMOTE = "model_promoted"
    COMPACT = "days_compacted"
    KAFKA_CUT = "kafka_cut"
    KAFKA_STALLED = "kafka_stalled"
    BROKER_KILLED = "broker_killed"
    REDIS_CUT = "redis_cut"
    REDIS_STALLED = "redis_stalled"
    VALKEY_EMPTIED = "valkey_emptied"
    VALKEY_SET_BACK = "valkey_set_back"
    STORAGE_CUT = "storage_cut"
    STORAGE_STALLED = "storage_stalled"
    DISK_FULL = "disk_full"


class Ending(StrEnum):
    """Who does what the faults left undone."""

    FRESH = "fresh"
    """Everybody is killed, and a fresh worker drains: can it go on from whatever they left?"""
    LIVING = "living"
    """Nobody is killed: those who live must bring everything to its end, and nobody repairs what they did."""


@dataclass(frozen=True, slots=True)
class Step:
    """One fault, ``at_s`` seconds after the first row was counted; at 0, before the first worker starts.

    ``hold_s``: how long a server is away or a worker frozen. ``victim`` chooses among the workers that are there then.
    ``trap`` belongs to ``Fault.TRAP``: the fault is set at its time, and happens when the victim comes to the trap's point.
    A compaction may have a trap, too. ``then`` is one more trap for a zombie, set before it wakes.
    """

    fault: Fault
    at_s: float
    hold_s: float = 0.0
    victim: int = 0
    trap: Trap | None = None
    then: Trap | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One run: so many workers at the beginning, then the steps.

    ``mutant`` names a safeguard that its workers lack. With ``all_at_once`` frozen workers wait for each other: none wakes
    before every trap has sprung; then each is held for its time. ``backlog`` records are there before the first worker is;
    without ``feeds``, no more come. ``dated``: the first records are of days past, so that there are days to compact.
    """

    name: str
    workers: int
    steps: tuple[Step, ...]
    storage: Literal["local", "s3"] = "local"
    ending: Ending = Ending.FRESH
    mutant: str = ""
    all_at_once: bool = False
    backlog: int = 0
    feeds: bool = True
    dated: bool = False
    patience_s: float = 90.0
    settings: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        steps = ", ".join(f"{name_of(step)} at {step.at_s:.1f} s" for step in self.steps)
        return f"{self.name}: {self.workers} workers on {self.storage}: {steps}; ending: {self.ending}"


@dataclass(frozen=True, slots=True)
class Event:
    """A moment on the run's clock at which the harness does something: a step begins, or its hold is over."""

    at_s: float
    step: Step
    begins: bool


def events(plan: Plan) -> Iterator[Event]:
    """All that happens, in its order. The ends of what befalls workers are left out: those depend on when it did."""
    found = [Event(step.at_s, step, begins=True) for step in plan.steps]
    found += [Event(step.at_s + step.hold_s, step, begins=False) for step in plan.steps if step.fault in AWAY]
    return iter(sorted(found, key=lambda event: event.at_s))


AWAY: Mapping[Fault, str] = {
    Fault.KAFKA_CUT: "kafka",
    Fault.KAFKA_STALLED: "kafka",
    Fault.BROKER_KILLED: "kafka",
    Fault.REDIS_CUT: "redis",
    Fault.REDIS_STALLED: "redis",
    Fault.VALKEY_EMPTIED: "redis",
    Fault.VALKEY_SET_BACK: "redis",
    Fault.STORAGE_CUT: "storage",
    Fault.STORAGE_STALLED: "storage",
    Fault.DISK_FULL: "storage",
}
"""The faults that last, and what is away meanwhile: one such fault at a time for each dependency."""


def name_of(step: Step) -> str:
    """The step's name in the summary."""
    if step.trap is None:
        return step.fault
    return f"{'killed' if step.trap.signal.name == 'SIGKILL' else 'frozen'}_{step.trap.point}"
