"""A worker that turns and gets nowhere is found out; one that waits, or has nothing to do, is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worker.core.simulation import NullObserver, System
from worker.core.stalls import CHECK_INTERVAL_S, STALLED_PARTITION_S, StallDetector
from worker.source.memory import MemorySource, MemoryTopic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.errors import Retry

LOOKS = int(STALLED_PARTITION_S / CHECK_INTERVAL_S)


class Watcher(NullObserver):
    def __init__(self) -> None:
        self.problems: list[str] = []
        self.away: list[str] = []

    def on_stuck(self, problem: str) -> None:
        self.problems.append(problem)

    def on_waiting(self, error: Retry) -> None:
        self.away.append(error.dependency)

    def on_resumed(self, dependency: str) -> None:
        self.away.remove(dependency)


class Looking:
    """A member of a group, and a clock that goes from look to look."""

    def __init__(self) -> None:
        self.topic = MemoryTopic(partitions=2)
        self.source: MemorySource = self.topic.join()
        self.watcher = Watcher()
        self.now_s = 0.0
        self.stalls = StallDetector(self.source, self.watcher, lambda: self.now_s)
        self.source.poll(0, 1)

    def look(self, positions: Mapping[int, int]) -> None:
        self.stalls.check(positions)
        self.now_s += CHECK_INTERVAL_S


@pytest.fixture
def looking() -> Looking:
    looking = Looking()
    for partition in range(2):
        looking.topic.append(partition, b"x", 0)
        looking.source.start_partition(partition, 0)
    return looking


def test_who_stands_still_with_records_waiting_is_stuck(looking: Looking) -> None:
    for _ in range(LOOKS):
        looking.look({0: 0, 1: 0})
    assert looking.watcher.problems == []
    looking.look({0: 0, 1: 0})
    assert looking.watcher.problems == [
        f"partition {number} stands at offset 0 for 120 s, with 1 records waiting" for number in range(2)
    ]


def test_one_partition_that_moves_does_not_excuse_another(looking: Looking) -> None:
    for position in range(2 * LOOKS):
        looking.look({0: position, 1: 0})
    assert {problem[:11] for problem in looking.watcher.problems} == {"partition 1"}


def test_to_stand_at_the_end_is_no_fault(looking: Looking) -> None:
    looking.source.poll(0, 2)
    for _ in range(3 * LOOKS):
        looking.look({0: 1, 1: 1})
    assert looking.watcher.problems == []


def test_a_partition_that_was_given_and_never_begun_is_stuck() -> None:
    looking = Looking()
    looking.topic.append(0, b"x", 0)
    for _ in range(LOOKS + 1):
        looking.look({})
    assert looking.watcher.problems == [
        "partition 0 stands at offset unknown for 120 s, with 1 records waiting"
    ]


def test_time_without_a_broker_does_not_count(looking: Looking) -> None:
    looking.look({0: 0, 1: 0})
    for _ in range(LOOKS - 1):
        looking.look({0: 0, 1: 0})
    looking.topic.available = False
    for _ in range(3 * LOOKS):
        looking.look({0: 0, 1: 0})
    assert set(looking.watcher.away) == {"kafka"}
    assert looking.watcher.problems == []


def test_a_broker_that_is_back_is_told_once(looking: Looking) -> None:
    looking.topic.available = False
    looking.look({0: 0, 1: 0})
    looking.topic.available = True
    looking.look({0: 0, 1: 0})
    looking.look({0: 0, 1: 0})
    assert looking.watcher.away == []


def test_a_member_that_the_group_never_counts_in_is_stuck(looking: Looking) -> None:
    looking.topic.evict(looking.source)
    for _ in range(3 * LOOKS):
        looking.look({})
    assert looking.stalls.owned is None
    assert looking.watcher.problems[0] == "no member of the group for 300 s, though the broker answers"


def test_a_short_eviction_is_forgiven(looking: Looking) -> None:
    looking.look({0: 0, 1: 0})
    for _ in range(LOOKS):
        looking.topic.evict(looking.source)
        looking.look({})
        looking.topic.rejoin(looking.source)
        looking.source.poll(0, 2)
        looking.look({0: 1, 1: 1})
    assert looking.watcher.problems == []


def test_a_worker_whose_source_falls_silent_says_so() -> None:
    """The source believes that nothing waits; only the broker knows better."""
    system = System(partitions=1)
    system.produce(0)
    member = system.spawn()
    watcher = Watcher()
    member.worker._stalls = StallDetector(member.source, watcher, lambda: system.now_s)
    for _ in range(3):
        system.run_turn(member)
    member.source.pause()
    system.produce(0)
    for _ in range(200):
        system.run_turn(member)
    assert watcher.problems[0].startswith("partition 0 stands at offset 1 for 120 s")


def test_what_others_own_is_drained_when_none_of_them_can_be_dead() -> None:
    system = System(partitions=1)
    system.produce(0)
    owner, idle = system.spawn(), system.spawn()
    for _ in range(2):
        system.run_turn(owner)
        system.run_turn(idle)
    assert (owner.worker.is_drained(), idle.worker.is_drained()) == (True, False)
    for _ in range(10):
        system.run_turn(owner)
        system.run_turn(idle)
    assert idle.worker.is_drained()


def test_who_becomes_an_owner_has_not_drained() -> None:
    system = System(partitions=2)
    for partition in range(2):
        system.produce(partition)
    dead, member = system.spawn(), system.spawn()
    for _ in range(3):
        system.run_turn(member)
    assert member.worker.lag() == 0
    assert not member.worker.is_drained(), "of the other partition, nothing is known"
    system.topic.evict(dead.source)
    system.run_turn(member)
    assert not member.worker.is_drained()
    system.run_turn(member)
    assert member.worker.is_drained()
