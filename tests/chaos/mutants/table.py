"""For each mutant: the plan that provokes a violation, and the violation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from signal import SIGSTOP

from tests.chaos.dependencies import RIGHTS
from tests.chaos.plan import Ending, Fault, FaultStep, Plan
from tests.chaos.points import BreakPoint, Point


@dataclass(frozen=True, slots=True)
class Mutant:
    """``seen``: a pattern that a violation must match. ``quick``: needs only a few seconds on any machine."""

    plan: Plan
    seen: str
    quick: bool = False


def _frozen(point: Point, hold_s: float, *, at_s: float = 0.0, victim: int = 0) -> FaultStep:
    return FaultStep(Fault.BREAK_POINT, at_s, hold_s, victim, BreakPoint(point, signal=SIGSTOP))


def _killed(point: Point, occurrence: int, at_s: float) -> FaultStep:
    return FaultStep(Fault.BREAK_POINT, at_s, break_point=BreakPoint(point, occurrence))


WHOLE = {"BADBUZZ_BATCH__RECORDS": "5000", "BADBUZZ_SCORED__FILE_ROWS": "100"}
"""Makes one batch and one file of each partition's records, so that two workers do the same work."""

# If two workers do the same work, a model is promoted in between: equal rows with equal scores would do no harm.
MUTANTS = {
    mutant.plan.mutant: mutant
    for mutant in (
        Mutant(
            Plan(
                "counters go on from the offset of an emptied server",
                workers=1,
                steps=(FaultStep(Fault.VALKEY_EMPTIED, 1.0), FaultStep(Fault.PROMOTE, 3.0)),
                mutant="refusals_ignored",
            ),
            seen="totals: Redis has",
        ),
        Mutant(
            Plan(
                "a zombie resumes before its publication, when its successor has published there",
                workers=1,
                steps=(
                    replace(_frozen(Point.BEFORE_PUBLISH, 0.1), then=BreakPoint(Point.AFTER_PUBLISH)),
                    FaultStep(Fault.PROMOTE, 0.1),
                    FaultStep(Fault.ADD, 0.2),
                    FaultStep(Fault.BREAK_POINT, 0.2, 1.0, 1, BreakPoint(Point.AFTER_PUBLISH, 3, SIGSTOP)),
                ),
                mutant="files_overwritten",
                all_at_once=True,
                backlog=600,
                feeds=False,
                settings=WHOLE,
            ),
            seen=r"verify: partition \d, offset ",
        ),
        Mutant(
            Plan(
                "a zombie resumes before its publication, when its successor has read where the chain ends",
                workers=1,
                steps=(
                    replace(_frozen(Point.BEFORE_PUBLISH, 0.1), then=BreakPoint(Point.AFTER_PUBLISH)),
                    FaultStep(Fault.PROMOTE, 0.1),
                    FaultStep(Fault.ADD, 0.2),
                    # It has read the chain's end once before it joined.
                    FaultStep(Fault.BREAK_POINT, 0.2, 1.0, 1, BreakPoint(Point.POSITIONS_READ, 2, SIGSTOP)),
                ),
                ending=Ending.LIVING,
                mutant="taken_name_accepted",
                all_at_once=True,
                backlog=600,
                feeds=False,
                settings=WHOLE,
            ),
            seen=r"verify: partition \d, offset ",
        ),
        Mutant(
            Plan(
                "a worker dies while it writes",
                workers=1,
                steps=(_killed(Point.STAGED, 1, at_s=0.1),),
                mutant="written_in_place",
            ),
            seen="not a whole Parquet file|unreadable",
            quick=True,
        ),
        Mutant(
            Plan(
                "a worker dies with counts that are pending",
                workers=1,
                steps=(_killed(Point.AFTER_COUNT, 2, at_s=0.1),),
                ending=Ending.LIVING,
                mutant="pending_not_undone",
            ),
            seen="totals: Redis has",
            quick=True,
        ),
        Mutant(
            Plan(
                "a zombie counts the batch that its successor, with another model, is about to count, and dies",
                workers=1,
                steps=(
                    # The first three calls start the counters of three partitions.
                    FaultStep(
                        Fault.BREAK_POINT,
                        0.0,
                        0.1,
                        break_point=BreakPoint(Point.BEFORE_COUNT, 4, SIGSTOP),
                        then=BreakPoint(Point.AFTER_COUNT),
                    ),
                    FaultStep(Fault.PROMOTE, 0.1),
                    FaultStep(Fault.ADD, 0.2),
                    _frozen(Point.BEFORE_COUNT, 0.5, at_s=0.2, victim=1),
                ),
                ending=Ending.LIVING,
                mutant="owner_not_checked",
                all_at_once=True,
                backlog=600,
                feeds=False,
                settings=WHOLE,
            ),
            seen="totals: Redis has",
        ),
        Mutant(
            Plan(
                "a worker dies between its commit and its publication",
                workers=1,
                steps=(_killed(Point.BEFORE_PUBLISH, 1, at_s=0.1),),
                ending=Ending.LIVING,
                mutant="committed_before_published",
            ),
            seen=r"sent, but not in Parquet|verify: partition \d, offset \d+: ",
        ),
        Mutant(
            Plan(
                "a worker is cut off from Kafka before it sends dead letters, publishes that they are sent, and dies",
                workers=1,
                steps=(
                    FaultStep(
                        Fault.BREAK_POINT,
                        0.0,
                        0.5,
                        break_point=BreakPoint(Point.BEFORE_LETTERS, 3, SIGSTOP),
                        then=BreakPoint(Point.AFTER_PUBLISH),
                    ),
                    FaultStep(Fault.KAFKA_CUT, 0.1, 5.0),
                ),
                mutant="dead_letters_not_awaited",
                all_at_once=True,
            ),
            seen="dead letter",
        ),
        Mutant(
            Plan(
                "counters lose their memory",
                workers=1,
                steps=(FaultStep(Fault.VALKEY_EMPTIED, 2.0), FaultStep(Fault.PROMOTE, 3.0)),
                ending=Ending.LIVING,
                mutant="counters_not_caught_up",
            ),
            seen="live buckets|bucket",
        ),
        Mutant(
            Plan(
                "a group is joined between two short polls",
                workers=2,
                steps=(FaultStep(Fault.ADD, 1.0),),
                ending=Ending.LIVING,
                mutant="unpatched_client",
                settings={"BADBUZZ_BATCH__WAIT_MS": "1", "BADBUZZ_BATCH__RECORDS": "2000"},
                timeout_s=40.0,
            ),
            seen="stuck|unsettled",
        ),
        Mutant(
            Plan(
                "transactions are aborted and sent again",
                workers=1,
                steps=(),
                transactional=True,
                backlog=400,
                feeds=False,
                ending=Ending.LIVING,  # a new worker would refuse to join a group with another isolation level
                mutant="aborted_records_read",
                timeout_s=30.0,
            ),
            seen=r"in Parquet, but not a tweet that was sent|verify: partition \d, offset ",
        ),
        Mutant(
            Plan(
                "a store ignores conditions",
                workers=1,
                steps=(),
                storage="s3",
                ending=Ending.STORE_REFUSED,
                conditions="ignored",
                mutant="store_not_probed",
                timeout_s=20.0,
            ),
            seen="all workers refuse the store",
        ),
        Mutant(
            Plan(
                "a partition is added, and its first records arrive before a worker has it",
                workers=1,
                steps=(FaultStep(Fault.PARTITION_ADDED, 1.0), FaultStep(Fault.PROMOTE, 8.0)),
                ending=Ending.LIVING,
                latest=True,
                mutant="added_partition_at_end",
                timeout_s=40.0,
            ),
            seen="sent, but not in Parquet",
        ),
        Mutant(
            Plan(
                "the topic is created again while a worker is frozen",
                workers=2,
                steps=(FaultStep(Fault.PROMOTE, 1.0),),
                ending=Ending.RECREATED,
                mutant="topic_id_not_checked",
                timeout_s=30.0,
            ),
            seen="of the new topic|refuse the new topic",
        ),
        Mutant(
            Plan(
                "a zombie resumes before its publication, and gives its file another day than its successor",
                workers=1,
                steps=(
                    replace(_frozen(Point.BEFORE_PUBLISH, 0.1), then=BreakPoint(Point.AFTER_PUBLISH)),
                    FaultStep(Fault.ADD, 0.2),
                    FaultStep(Fault.BREAK_POINT, 0.2, 1.0, 1, BreakPoint(Point.AFTER_PUBLISH, 3, SIGSTOP)),
                ),
                mutant="day_not_agreed",
                all_at_once=True,
                backlog=600,
                feeds=False,
                settings=WHOLE,
            ),
            seen=r"verify: partition \d, offset ",
        ),
        Mutant(
            Plan(
                "a worker loses a right that its functions need for their last write",
                workers=1,
                steps=(FaultStep(Fault.RIGHT_LOST, 1.0, 3.0, victim=RIGHTS.index("rpush")),),
                mutant="rights_not_checked",
            ),
            seen="totals: Redis has|bucket|this topic's counters in Redis",
        ),
        Mutant(
            Plan(
                "Redis's clock is hours ahead for some seconds",
                workers=1,
                steps=(FaultStep(Fault.VALKEY_AHEAD, 2.0, 3.0), FaultStep(Fault.PROMOTE, 8.0)),
                ending=Ending.LIVING,
                mutant="clock_step_ignored",
            ),
            seen="bucket",
        ),
    )
}
