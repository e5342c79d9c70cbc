"""The worker's turns: when slices become files, what a rebalance costs, how a stop ends, and when a topic counts as drained."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from badbuzz.errors import DataRefused, DependencyDown, GiveUp
from tests.worker.core.exactly_once import check_exactly_once
from tests.worker.core.simulation import Model, SimulatedSystem
from worker.chain.chain_files import ChainFiles

AGE_S = 60.0
TURNS = 8


def list_files(system: SimulatedSystem, partition: int) -> list[tuple[int, int]]:
    """First and end offset of each file of a partition."""
    return [(footer.first_offset, footer.end_offset) for footer in system.footers(partition)]


def list_ids(system: SimulatedSystem, partition: int) -> list[str]:
    files = ChainFiles(system.store.rows, system.topic.name)
    listed = files.list_all()[partition]
    return [
        row
        for file in listed
        for table in files.read_row_groups(file, ["id"])
        for row in table["id"].to_pylist()
    ]


@pytest.fixture
def system() -> SimulatedSystem:
    """Six offsets in each of two partitions; a file would take more."""
    system = SimulatedSystem(partitions=2)
    for number in range(12):
        system.produce(number % 2)
    return system


def test_one_of_several_due_segments_is_published_per_turn() -> None:
    partitions = 3
    system = SimulatedSystem(partitions)
    for number in range(3 * partitions):
        system.produce(number % partitions)
    member = system.spawn()
    member.worker._limits = replace(member.worker._limits, file_seconds=AGE_S)
    system.run_turns(member, 6)
    published = []
    for _ in range(partitions + 2):
        published.append(sum(bool(list_files(system, number)) for number in range(partitions)))
        system.now_s += AGE_S
        system.run_turn(member)
    assert published == [0, 1, 2, 3, 3]


def test_a_revoked_partition_is_published_before_it_is_given_up(system: SimulatedSystem) -> None:
    old = system.spawn()
    system.run_turns(old, 5)
    assert list_files(system, 1) == []
    new = system.spawn()
    system.run_turn(old)
    assert list_files(system, 1) == [(0, 6)]
    applied = system.counters.partition(1)
    assert (applied.applied, applied.totals.rows) == (6, 6)
    system.run_turn(new)
    assert new.worker.compute_lag() == 0
    assert applied.totals.rows == 6, "it never dips"


def test_a_revoked_partition_that_the_next_owner_has_published_is_dropped(system: SimulatedSystem) -> None:
    old = system.spawn()
    system.run_turns(old, 5)
    new = system.spawn()
    system.run_turns(new, 5)
    new.worker.drain()
    assert list_files(system, 1) == [(0, 6)]
    system.run_turn(old)
    assert list_files(system, 1) == [(0, 6)]


def test_publishing_a_revoked_partition_is_not_retried(system: SimulatedSystem) -> None:
    old = system.spawn()
    system.run_turns(old, 5)
    new = system.spawn()
    old.faults.at, old.faults.kind = 1, "retry"  # the call after the poll: the storage is away
    system.run_turn(old)
    assert list_files(system, 1) == []
    system.run_turns(new, 5)
    new.worker.drain()
    assert list_files(system, 1) == [(0, 6)]


def test_scored_records_that_retention_deletes_are_not_lost(system: SimulatedSystem) -> None:
    """Kafka answers "out of range": the partition is started again, after its slices were published."""
    member = system.spawn()
    system.run_turns(member, 5)
    for _ in range(6):
        system.produce(0)
    member.source.start_partition(0, 3)  # as if a fetch went back there
    system.topic.delete_before(0, 4)
    system.run_turns(member, 5)
    member.worker.drain()
    assert system.rows(0)["offset"].to_pylist() == list(range(12))


def test_a_stop_gives_up_slices_that_a_slow_storage_does_not_take_in_time(
    system: SimulatedSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = system.spawn()
    system.run_turns(member, 5)
    publish = member.worker._ports.chain.publish
    slow = time.monotonic() + 1_000

    def publish_slowly(segment: object) -> bool:
        monkeypatch.setattr("worker.core.retry.time.monotonic", lambda: slow)
        return bool(publish(segment))  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(member.worker._ports.chain, "publish", publish_slowly, raising=False)
    member.worker.stop()
    with pytest.raises(DependencyDown, match="stopped while publishing to a slow storage"):
        member.worker.drain()
    monkeypatch.undo()
    system.members.remove(member)
    system.topic.evict(member.source)
    system.settle()
    assert [system.rows(partition)["offset"].to_pylist() for partition in range(2)] == [list(range(6))] * 2


def test_a_second_stop_does_not_extend_the_deadline(system: SimulatedSystem) -> None:
    member = system.spawn()
    member.worker.stop()
    first = member.worker._stop_deadline
    member.worker.stop()
    assert member.worker._stop_deadline == first


def test_a_member_without_partitions_counts_as_drained_after_a_session_without_a_rebalance() -> None:
    system = SimulatedSystem(partitions=1)
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


def test_a_member_that_gets_the_partition_of_a_dead_one_is_not_drained() -> None:
    system = SimulatedSystem(partitions=2)
    for partition in range(2):
        system.produce(partition)
    dead, member = system.spawn(), system.spawn()
    system.run_turns(member, 3)
    assert member.worker.compute_lag() == 0
    assert not member.worker.is_drained(), "the other partition is unknown"
    system.topic.evict(dead.source)
    system.run_turn(member)
    assert not member.worker.is_drained()
    system.run_turn(member)
    assert member.worker.is_drained()


def test_rows_of_lost_records_are_dropped_and_their_successors_are_scored(system: SimulatedSystem) -> None:
    """An unclean leader election, before anything of it was published."""
    member = system.spawn()
    system.run_turns(member, 5)
    system.topic.truncate(0, 3)
    for _ in range(8):
        system.produce(0)
    system.run_turns(member, 5)
    member.worker.drain()
    kept = [json.loads(record.value or b"")["id"] for record in system.topic.read(0, 0, 99)]
    assert list_ids(system, 0) == kept
    assert len(kept) == 11
    check_exactly_once(system)


@pytest.mark.parametrize("produced", [0, 3, 8])
def test_a_chain_with_lost_records_is_refused_for_good(system: SimulatedSystem, produced: int) -> None:
    system.settle()
    member = system.members[0]
    system.topic.truncate(0, 3)
    for _ in range(produced):
        system.produce(0)
    before = list_files(system, 0)
    for _ in range(2):
        with pytest.raises(DataRefused, match="tweets-0: the Parquet chain ends at offset 6"):
            system.run_turns(member, 5)
        system.freeze(member)
        member = system.spawn()  # a restart does not help
    assert list_files(system, 0) == before


def test_a_topic_made_anew_is_refused_also_while_a_dependency_is_awaited(system: SimulatedSystem) -> None:
    member = system.spawn()
    system.run_turns(member, 5)
    for _ in range(6):
        system.produce(0)

    def recreate() -> None:
        system.topic.recreate()
        for _ in range(20):
            system.produce(0)

    member.faults.at, member.faults.kind = 2, "retry"  # the counters are away
    member.faults.meanwhile = recreate
    with pytest.raises(DataRefused, match="topic 'tweets' was deleted and made again"):
        system.run_turn(member)
    assert list_files(system, 0) == []


def test_added_partitions_are_expected_before_they_are_owned(system: SimulatedSystem) -> None:
    member = system.spawn()
    system.run_turns(member, 3)
    assert system.counters.expected_partitions == 2
    system.topic.evict(member.source)  # the group is about to give partitions to others
    system.topic.add_partitions(3)
    system.run_turn(member)
    assert system.counters.expected_partitions == 5


def test_added_partitions_are_scored_from_their_first_record(system: SimulatedSystem) -> None:
    member = system.spawn()
    member.worker._recovery._start = "latest"
    system.run_turns(member, 3)
    system.topic.add_partitions(1)
    system.partitions = 3
    for _ in range(4):
        system.produce(2)
    system.settle()
    assert system.rows(2)["offset"].to_pylist() == [0, 1, 2, 3]


def test_counters_are_not_up_to_date_while_a_transaction_holds_tweets_back(system: SimulatedSystem) -> None:
    def staleness_ms(partition: int) -> float:
        return system.now_s * 1000 - (system.counters.partition(partition).seen_ms or 0)

    member = system.spawn()
    member.worker._limits = replace(member.worker._limits, file_seconds=1.0)
    system.topic.open_transaction(0)
    system.topic.open_transaction(1)
    system.produce(0)
    system.run_turns(member, TURNS)
    held_back = system.counters.partition(0)
    assert (held_back.applied, held_back.pending) == (6, []), "what is published is settled"
    assert staleness_ms(0) > 5_000
    assert staleness_ms(1) < 2_000, "a transaction without records here holds nothing back"
    system.topic.end_transaction(0, committed=True)
    system.run_turns(member, TURNS)
    assert held_back.applied == 7
    assert staleness_ms(0) < 2_000


def test_a_topic_is_drained_up_to_an_open_transaction(system: SimulatedSystem) -> None:
    member = system.spawn()
    system.topic.open_transaction(1)
    for _ in range(3):
        system.produce(1)
    member.worker.run(until_drained=True)
    assert [list_files(system, number)[-1][1] for number in range(2)] == [6, 6]
    assert member.worker.compute_held_back() == {1: range(6, 9)}


def test_a_broken_engine_in_low_traffic_rejects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was scored before is published, and the tweet on which the engine broke is scored at the next start."""
    system = SimulatedSystem(1)
    member = system.spawn()
    system.produce(0)
    system.run_turns(member, 4)
    with monkeypatch.context() as broken:
        broken.setattr(Model, "score_texts", lambda *_: 1 / 0)
        system.produce(0)
        with pytest.raises(GiveUp, match="the engine is broken"):
            system.run_turns(member, 3)
    assert system.letters.letters == []
    assert system.rows(0)["offset"].to_pylist() == [0]
    system.freeze(member)
    system.settle()
    assert system.rows(0)["offset"].to_pylist() == [0, 1]
