"""A worker that makes no progress is reported; one that waits for a dependency or has no lag is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worker.core.simulation import NullObserver, SimulatedSystem
from worker.core.stalls import CHECK_INTERVAL_S, STALLED_PARTITION_S, StallDetector
from worker.source.memory import MemorySource, MemoryTopic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.errors import Retry

CHECKS = int(STALLED_PARTITION_S / CHECK_INTERVAL_S)


class StallObserver(NullObserver):
    def __init__(self) -> None:
        self.problems: list[str] = []
        self.away: list[str] = []

    def on_stuck(self, problem: str) -> None:
        self.problems.append(problem)

    def on_waiting(self, error: Retry) -> None:
        self.away.append(error.dependency)

    def on_resumed(self, dependency: str) -> None:
        self.away.remove(dependency)


class CheckedMember:
    """A member of a group with a stall detector, and a clock that advances at each check."""

    def __init__(self) -> None:
        self.topic = MemoryTopic(partitions=2)
        self.source: MemorySource = self.topic.join()
        self.observer = StallObserver()
        self.now_s = 0.0
        self.stalls = StallDetector(self.source, self.observer, lambda: self.now_s)
        self.source.poll(0, 1)

    def check(self, positions: Mapping[int, int]) -> None:
        self.stalls.check(positions)
        self.now_s += CHECK_INTERVAL_S


@pytest.fixture
def checked() -> CheckedMember:
    checked = CheckedMember()
    for partition in range(2):
        checked.topic.append(partition, b"x", 0)
        checked.source.start_partition(partition, 0)
    return checked


def test_partitions_with_lag_that_do_not_move_are_stuck(checked: CheckedMember) -> None:
    for _ in range(CHECKS):
        checked.check({0: 0, 1: 0})
    assert checked.observer.problems == []
    checked.check({0: 0, 1: 0})
    assert checked.observer.problems == [
        f"partition {number} has not moved from offset 0 for 120 s, with a lag of 1 records"
        for number in range(2)
    ]


def test_a_partition_that_moves_does_not_hide_one_that_does_not(checked: CheckedMember) -> None:
    for position in range(2 * CHECKS):
        checked.check({0: position, 1: 0})
    assert {problem[:11] for problem in checked.observer.problems} == {"partition 1"}


def test_a_partition_without_lag_is_not_stuck(checked: CheckedMember) -> None:
    checked.source.poll(0, 2)
    for _ in range(3 * CHECKS):
        checked.check({0: 1, 1: 1})
    assert checked.observer.problems == []


def test_a_partition_that_was_assigned_and_never_started_is_stuck() -> None:
    checked = CheckedMember()
    checked.topic.append(0, b"x", 0)
    for _ in range(CHECKS + 1):
        checked.check({})
    assert checked.observer.problems == [
        "partition 0 has not moved from offset unknown for 120 s, with a lag of 1 records"
    ]


def test_a_partition_whose_records_were_aborted_is_not_stuck(checked: CheckedMember) -> None:
    """The source passes millions of aborted records, and the worker's position does not move."""
    for _ in range(3 * CHECKS):
        checked.topic.skip_offsets(0)
        checked.topic.append(0, b"x", 0)
        checked.source.start_partition(0, checked.topic.bounds(0).end - 1)
        checked.check({0: 0})
    assert [problem for problem in checked.observer.problems if "partition 0" in problem] == []


def test_a_source_that_reads_the_same_records_again_is_stuck(checked: CheckedMember) -> None:
    for _ in range(5):
        checked.topic.append(0, b"x", 0)
    for number in range(CHECKS + 5):
        checked.source.start_partition(0, number % 3)
        checked.check({0: 0, 1: 0})
    assert {problem[:11] for problem in checked.observer.problems} == {"partition 0", "partition 1"}


def test_time_without_a_broker_does_not_count_as_a_stall(checked: CheckedMember) -> None:
    checked.check({0: 0, 1: 0})
    for _ in range(CHECKS - 1):
        checked.check({0: 0, 1: 0})
    checked.topic.available = False
    for _ in range(3 * CHECKS):
        checked.check({0: 0, 1: 0})
    assert set(checked.observer.away) == {"kafka"}
    assert checked.observer.problems == []


def test_a_broker_that_is_back_is_reported_once(checked: CheckedMember) -> None:
    checked.topic.available = False
    checked.check({0: 0, 1: 0})
    checked.topic.available = True
    checked.check({0: 0, 1: 0})
    checked.check({0: 0, 1: 0})
    assert checked.observer.away == []


def test_a_member_outside_the_group_is_stuck(checked: CheckedMember) -> None:
    checked.topic.evict(checked.source)
    for _ in range(3 * CHECKS):
        checked.check({})
    assert checked.stalls.owned is None
    assert checked.observer.problems[0] == "not a member of the group for 300 s, although the broker answers"


def test_short_evictions_are_not_stuck(checked: CheckedMember) -> None:
    checked.check({0: 0, 1: 0})
    for _ in range(CHECKS):
        checked.topic.evict(checked.source)
        checked.check({})
        checked.topic.rejoin(checked.source)
        checked.source.poll(0, 2)
        checked.check({0: 1, 1: 1})
    assert checked.observer.problems == []


def test_a_worker_whose_source_delivers_nothing_is_stuck() -> None:
    """The source reports no lag; the broker does."""
    system = SimulatedSystem(partitions=1)
    system.produce(0)
    member = system.spawn()
    observer = StallObserver()
    member.worker._stalls = StallDetector(member.source, observer, lambda: system.now_s)
    for _ in range(3):
        system.run_turn(member)
    member.source.pause()
    system.produce(0)
    for _ in range(200):
        system.run_turn(member)
    assert observer.problems[0].startswith("partition 0 has not moved from offset 1 for 120 s")
