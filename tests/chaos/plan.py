"""Plans: faults at times. Faults of workers and servers may overlap."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.chaos.points import BreakPoint
    from tests.servers.s3 import Conditions

SESSION_TIMEOUT_S = 2.0
"""Of the workers' group: short, so that dead and frozen workers are noticed during the run."""


class Fault(StrEnum):
    """The faults; the values are the names in the summary."""

    KILL = "worker_killed"
    FREEZE = "worker_frozen"
    BREAK_POINT = "worker_at_break_point"
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
    VALKEY_AHEAD = "valkey_clock_ahead"
    RIGHT_LOST = "redis_right_lost"
    PARTITION_ADDED = "partition_added"


class Ending(StrEnum):
    """Which workers finish after the last fault."""

    FRESH = "fresh"
    """All workers are killed, and a new one drains: it must continue from any state."""
    LIVING = "living"
    """The running workers finish. No new worker repairs their results."""
    RECREATED = "topic_recreated"
    """The topic is deleted, created again and filled. Every worker must refuse it, and nothing of it may be stored."""
    STORE_REFUSED = "store_without_conditions"
    """The store does not honour create-if-absent. Every worker must refuse to start."""


@dataclass(frozen=True, slots=True)
class FaultStep:
    """One fault, ``at_s`` seconds after the first row was counted; at 0, before the first worker starts.

    :param hold_s: how long a server is away or a worker is frozen.
    :param victim: chooses one of the workers that are available then; of RIGHT_LOST, one of the rights.
    :param break_point: of ``Fault.BREAK_POINT``: set at ``at_s``. It acts when the victim reaches it. Also of compactions.
    :param then: another break point for a frozen worker, set before it resumes.
    """

    fault: Fault
    at_s: float
    hold_s: float = 0.0
    victim: int = 0
    break_point: BreakPoint | None = None
    then: BreakPoint | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A run.

    :param workers: number of workers at the start.
    :param mutant: name of the safeguard that the workers lack.
    :param all_at_once: no frozen worker resumes before every break point was reached; then each stays frozen for its time.
    :param backlog: number of records sent before the first worker starts. Without ``feeds``, no more are sent.
    :param dated: the first records are from past days, so that there are days to compact. They are part of the backlog.
    :param transactional: records are sent in transactions, some of which are aborted.
    :param any_time: records have timestamps of any kind, such as seconds, microseconds and dates in the future.
    :param skewed: some workers' clocks are hours wrong.
    :param skips_tombstones: records without a value are skipped; otherwise they become dead letters.
    :param conditions: what S3 makes of create-if-absent.
    :param latest: workers start at the end of the topic. The feed begins when every partition has an origin.
    """

    name: str
    workers: int
    steps: tuple[FaultStep, ...]
    storage: Literal["local", "s3"] = "local"
    ending: Ending = Ending.FRESH
    mutant: str = ""
    all_at_once: bool = False
    backlog: int = 0
    feeds: bool = True
    dated: bool = False
    transactional: bool = False
    any_time: bool = False
    skewed: bool = False
    latest: bool = False
    skips_tombstones: bool = True
    conditions: Conditions = "atomic"
    timeout_s: float = 90.0
    settings: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        steps = ", ".join(f"{name_of(step)} at {step.at_s:.1f} s" for step in self.steps)
        return f"{self.name}: {self.workers} workers on {self.storage}: {steps}; ending: {self.ending}"


@dataclass(frozen=True, slots=True)
class Event:
    """A time at which a step begins or, with ``begins`` False, its fault ends."""

    at_s: float
    step: FaultStep
    begins: bool


def events(plan: Plan) -> Iterator[Event]:
    """Return the events of a plan in order, without the ends of workers' faults, which depend on when these happened."""
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
    Fault.VALKEY_AHEAD: "redis",
    Fault.RIGHT_LOST: "redis",
}
"""The faults of dependencies, and the dependency that is away. Each dependency has one such fault at a time."""


def name_of(step: FaultStep) -> str:
    """Return the step's name in the summary."""
    if step.break_point is None:
        return step.fault
    return f"{'killed' if step.break_point.signal.name == 'SIGKILL' else 'frozen'}_{step.break_point.point}"
