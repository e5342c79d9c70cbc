"""What a rebalance costs: nothing that was scored already."""

from __future__ import annotations

import pytest

from tests.worker.core.simulation import System
from worker.chain.files import ChainFiles


def files(system: System, partition: int) -> list[tuple[int, int]]:
    """First and end offset of each file of a partition."""
    found = ChainFiles(system.store, system.topic.name)
    footers = [found.read_footer(file) for file in found.list_all().get(partition, [])]
    return [(footer.first_offset, footer.end_offset) for footer in footers]


@pytest.fixture
def system() -> System:
    """Six offsets in each of two partitions; files are larger than that."""
    system = System(partitions=2)
    for number in range(12):
        system.produce(number % 2)
    return system


def test_who_is_asked_for_a_partition_publishes_it_first(system: System) -> None:
    old = system.spawn()
    for _ in range(5):
        system.run_turn(old)
    assert files(system, 1) == []
    new = system.spawn()
    system.run_turn(old)
    assert files(system, 1) == [(0, 6)]
    applied = system.counters.partition(1)
    assert (applied.applied, applied.totals.rows) == (6, 6)
    system.run_turn(new)
    assert new.worker.lag() == 0
    assert applied.totals.rows == 6, "it never dips"


def test_what_a_successor_has_scored_already_is_not_published_twice(system: System) -> None:
    old = system.spawn()
    for _ in range(5):
        system.run_turn(old)
    new = system.spawn()
    for _ in range(5):
        system.run_turn(new)
    new.worker.drain()
    assert files(system, 1) == [(0, 6)]
    system.run_turn(old)
    assert files(system, 1) == [(0, 6)]


def test_nobody_waits_for_what_is_asked_back(system: System) -> None:
    old = system.spawn()
    for _ in range(5):
        system.run_turn(old)
    new = system.spawn()
    old.faults.at, old.faults.kind = 1, "retry"  # the call after the poll: the storage is away
    system.run_turn(old)
    assert files(system, 1) == []
    for _ in range(5):
        system.run_turn(new)
    new.worker.drain()
    assert files(system, 1) == [(0, 6)]


def test_what_retention_takes_after_it_was_scored_is_not_lost(system: System) -> None:
    """Kafka answers "out of range": the partition is begun anew, after what we hold of it was published."""
    member = system.spawn()
    for _ in range(5):
        system.run_turn(member)
    for _ in range(6):
        system.produce(0)
    member.source.start_partition(0, 3)  # as if a fetch were to go back there
    system.topic.delete_before(0, 4)
    for _ in range(5):
        system.run_turn(member)
    member.worker.drain()
    assert system.rows(0)["offset"].to_pylist() == list(range(12))
