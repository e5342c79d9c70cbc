"""Plans made from a seed; the same seed makes the same plans on every machine."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from signal import SIGKILL, SIGSTOP
from typing import TYPE_CHECKING, Literal

from tests.chaos.plan import AWAY, SESSION_TIMEOUT_S, Ending, Fault, FaultStep, Plan
from tests.chaos.points import BreakPoint, Point

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.servers.s3 import Conditions

FEWEST_FAULTS, MOST_FAULTS = 3, 6
MOST_WORKERS = 4
LAST_FAULT_S = 6.0
TRANSACTIONAL, ANY_TIME, SKEWED, LATEST = 0.4, 0.3, 0.25, 0.2
"""Shares of the runs whose stream, clocks or start are unusual."""
ENDINGS = (9, 9, 2, 0)
"""Weights of the endings. The last one is of the runs below."""
REFUSED_STORE = 0.05
"""Share of the runs whose store does not honour create-if-absent."""
COMPACTIONS_S = (2.5, 7.5)
"""By then there are days that no partition adds to any more."""
BROKER_START_S = 6.0
"""About how long the restart of a broker takes."""

FROZEN_S = (1.3 * SESSION_TIMEOUT_S, 2.2 * SESSION_TIMEOUT_S)
"""Longer than the session, so that the group evicts the worker before it resumes."""
HOLDS: Mapping[Fault, tuple[float, float]] = {
    Fault.FREEZE: FROZEN_S,
    Fault.KAFKA_CUT: (0.2, 3.0),
    Fault.KAFKA_STALLED: (0.5, 4.0),
    Fault.BROKER_KILLED: (0.0, 1.0),
    Fault.REDIS_CUT: (0.2, 3.0),
    Fault.REDIS_STALLED: (0.5, 4.0),
    Fault.VALKEY_EMPTIED: (0.0, 1.0),
    Fault.VALKEY_SET_BACK: (0.5, 3.0),
    Fault.STORAGE_CUT: (0.2, 3.0),
    Fault.STORAGE_STALLED: (0.5, 4.0),
    Fault.DISK_FULL: (0.5, 3.0),
    Fault.VALKEY_AHEAD: (1.5, 4.0),
    Fault.RIGHT_LOST: (0.5, 4.0),
}
"""Range of the fault's duration in seconds. For VALKEY_SET_BACK, the age of the snapshot."""

ONLY_ON: Mapping[Fault, str] = {
    Fault.STORAGE_CUT: "s3",
    Fault.STORAGE_STALLED: "s3",
    Fault.DISK_FULL: "local",
}
ONLY_ON_LOCAL = frozenset({Point.STAGED, Point.LINKED})
AT_START = frozenset({Point.ASSIGNED, Point.POSITIONS_READ, Point.TAKEN_OVER})
"""The first steps of every worker: a break point there is set before the worker starts."""
PROVOKED_BY: Mapping[Point, Fault] = {
    Point.REVOKED: Fault.ADD,
    Point.CATCHING_UP: Fault.VALKEY_EMPTIED,
    Point.BEFORE_LOAD: Fault.PROMOTE,
    Point.AFTER_LOAD: Fault.PROMOTE,
    Point.DRAINING: Fault.REMOVE,
    Point.LEAVING: Fault.REMOVE,
}
"""Steps that a worker takes only after another fault."""
PROVOKED_AFTER_S = 0.1
OF_COMPACTIONS = frozenset({Point.PLANNED, Point.MERGED, Point.SUPERSEDED})
PLACED_APART = frozenset({Fault.BREAK_POINT, Fault.COMPACT})
SECOND_TIME = frozenset({Point.POSITIONS_READ})
"""A worker also reads the chain's end before it joins the group, to check that the storage is available."""
SELDOM = frozenset({*AT_START, *PROVOKED_BY, Point.BEFORE_LETTERS, Point.AFTER_LETTERS})
"""Steps that a run reaches once or twice: a break point there is set for the first occurrence."""
MOST_OCCURRENCES = 4


def make_plan(seed: int, number: int) -> Plan:
    """Return the plan of run ``number`` of a series."""
    name = f"{seed}-{number}"
    random = Random(name)
    storage: Literal["local", "s3"] = random.choice(["local", "local", "s3"])
    workers = random.randint(1, 3)
    if random.random() < REFUSED_STORE:
        conditions: Conditions = random.choice(["ignored", "racy"])
        return Plan(name, workers, (), "s3", Ending.STORE_REFUSED, conditions=conditions)
    composer = _Composer(random, storage, workers)
    dated = random.random() < 1 / 3
    for _ in range(random.randint(1, 2) if dated else 0):
        composer.add_compaction()
    for _ in range(random.randint(FEWEST_FAULTS, MOST_FAULTS)):
        composer.add()
    steps = tuple(sorted(composer.steps, key=lambda step: step.at_s))
    latest = storage == "local" and not dated and random.random() < LATEST
    return Plan(
        name,
        workers,
        steps,
        storage,
        random.choices(list(Ending), ENDINGS)[0],
        dated=dated,
        transactional=random.random() < TRANSACTIONAL,
        any_time=not dated and random.random() < ANY_TIME,
        skewed=random.random() < SKEWED,
        latest=latest,
        skips_tombstones=random.random() < 0.5,
    )


class _Composer:
    """Adds steps one by one, each at a time when its dependency is available."""

    def __init__(self, random: Random, storage: str, workers: int) -> None:
        self.steps: list[FaultStep] = []
        self._random = random
        self._storage = storage
        self._most_added = MOST_WORKERS - workers
        self._free_from: dict[str, float] = defaultdict(float)

    def add(self) -> None:
        """Add a fault, and the fault that provokes it if it needs one. Half of them happen at a named step."""
        if self._random.random() < 0.5:
            self._add_break_point()
        else:
            self._add(self._random.choice(list(self._possible())), self._random.randrange(MOST_WORKERS))

    def add_compaction(self) -> None:
        """Add a compaction after a day is over; half of them are killed or frozen."""
        at_s = self._random.uniform(*COMPACTIONS_S)
        break_point = BreakPoint(
            self._random.choice(sorted(OF_COMPACTIONS)), 1, self._random.choice([SIGKILL, SIGSTOP])
        )
        hold_s = self._random.uniform(*FROZEN_S)
        self.steps.append(
            FaultStep(Fault.COMPACT, at_s, hold_s, break_point=self._random.choice([None, break_point]))
        )

    def _possible(self) -> Iterator[Fault]:
        for fault in Fault:
            full = fault == Fault.ADD and self._is_full()
            if fault not in PLACED_APART and not full and ONLY_ON.get(fault, self._storage) == self._storage:
                yield fault

    def _is_full(self) -> bool:
        return sum(step.fault == Fault.ADD for step in self.steps) == self._most_added

    def _add(self, fault: Fault, victim: int) -> float:
        """Add a fault at a random time when its dependency is available. Return the time."""
        hold_s = self._random.uniform(*HOLDS.get(fault, (0.0, 0.0)))
        at_s = self._random.uniform(0.1, LAST_FAULT_S)
        if dependency := AWAY.get(fault):
            at_s = max(at_s, self._free_from[dependency])
            restart_s = BROKER_START_S if fault == Fault.BROKER_KILLED else 0.0
            self._free_from[dependency] = at_s + hold_s + restart_s + 0.5
        self.steps.append(FaultStep(fault, at_s, hold_s, victim))
        return at_s

    def _add_break_point(self) -> None:
        point = self._random.choice([point for point in Point if self._may_be_at(point)])
        signal = self._random.choice([SIGKILL, SIGSTOP])
        occurrence = self._random.randint(1, 1 if point in SELDOM else MOST_OCCURRENCES)
        victim = self._random.randrange(MOST_WORKERS)
        if provocation := PROVOKED_BY.get(point):
            at_s = self._add(provocation, victim) - PROVOKED_AFTER_S
        else:
            at_s = 0.0 if point in AT_START else self._random.uniform(0.1, LAST_FAULT_S)
        hold_s = self._random.uniform(*FROZEN_S) if signal == SIGSTOP else 0.0
        break_point = BreakPoint(point, occurrence + (point in SECOND_TIME), signal)
        self.steps.append(FaultStep(Fault.BREAK_POINT, max(at_s, 0.0), hold_s, victim, break_point))

    def _may_be_at(self, point: Point) -> bool:
        taken = point in {step.break_point.point for step in self.steps if step.break_point}
        unprovoked = PROVOKED_BY.get(point) == Fault.ADD and self._is_full()
        elsewhere = point in ONLY_ON_LOCAL and self._storage != "local"
        return not (taken or unprovoked or elsewhere or point in OF_COMPACTIONS)
