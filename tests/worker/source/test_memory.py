"""The topic in memory; test_port.py has the behaviour that its source shares with the one on Kafka."""

from __future__ import annotations

import pytest

from badbuzz.errors import Retry
from worker.source.memory import MemoryTopic
from worker.source.port import Bounds


def test_appended_records_get_consecutive_offsets() -> None:
    topic = MemoryTopic(partitions=2)
    assert [topic.append(0, b"a", 10, b"k"), topic.append(0, None, 11), topic.append(1, b"b", 12)] == [
        0,
        1,
        0,
    ]
    first, second = topic.read(0, 0, limit=5)
    assert (first.partition, first.offset, first.timestamp, first.key, first.value) == (0, 0, 10, b"k", b"a")
    assert (second.offset, second.key, second.value) == (1, None, None)


def test_skipped_offsets_hold_no_record() -> None:
    topic = MemoryTopic()
    topic.append(0, b"a", 0)
    topic.skip_offsets(0, 2)
    topic.append(0, b"b", 0)
    assert [record.offset for record in topic.read(0, 0, limit=5)] == [0, 3]
    assert topic.bounds(0) == Bounds(0, 4, 4)


def test_deleted_records_move_the_logs_start() -> None:
    topic = MemoryTopic()
    for _ in range(5):
        topic.append(0, b"x", 0)
    topic.delete_before(0, 3)
    topic.delete_before(0, 1)
    assert topic.bounds(0) == Bounds(3, 5, 5)
    assert [record.offset for record in topic.read(0, 0, limit=5)] == [3, 4]


def test_an_evicted_member_rejoins_at_its_next_poll() -> None:
    topic = MemoryTopic()
    member = topic.join()
    assert member.poll(0, 1).assigned == {0}
    topic.evict(member)
    assert not topic.is_member(member)
    assert not member.commit({0: 1})
    poll = member.poll(0, 1)
    assert poll.lost == poll.assigned == {0}
    assert topic.is_member(member)
    assert topic.owns(member, 0)


def test_an_unavailable_topic_answers_no_request_and_delivers_nothing() -> None:
    topic = MemoryTopic()
    topic.append(0, b"x", 0)
    member = topic.join()
    member.poll(0, 1)
    member.start_partition(0, 0)
    topic.available = False
    assert member.poll(0, 1).records == {}
    with pytest.raises(Retry):
        member.fetch_bounds({0})
    with pytest.raises(Retry):
        member.fetch_progress()
    with pytest.raises(Retry):
        member.commit({0: 1})


def test_partitions_are_served_in_turn() -> None:
    topic = MemoryTopic(partitions=2)
    member = topic.join()
    member.poll(0, 1)
    for partition in range(2):
        topic.append(partition, b"x", 0)
        topic.append(partition, b"x", 0)
        member.start_partition(partition, 0)
    assert [list(member.poll(0, 1).records) for _ in range(4)] == [[0], [1], [0], [1]]
