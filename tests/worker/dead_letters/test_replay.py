"""Replaying and discarding: the written records, the markers, and the state after the process is killed."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.errors import Misconfigured
from tests.worker.dead_letters.fake_topics import DLQ, TOPIC, FakeTopics, KilledError
from worker.dead_letters.reader import collect_dead_letters
from worker.dead_letters.replay import BATCH, discard_dead_letters, replay_dead_letters
from worker.dead_letters.stored_dead_letter import CONNECT, RecordPosition, read_position


def rejected(*offsets: int) -> FakeTopics:
    topics = FakeTopics()
    for offset in offsets:
        topics.reject(offset, value=b"value %d" % offset)
    return topics


def values(topics: FakeTopics) -> list[bytes | None]:
    return [record.value for record in topics.logs[TOPIC]]


def test_a_replayed_record_has_its_key_and_value_and_names_its_letter() -> None:
    topics = rejected(7)
    assert list(replay_dead_letters(topics.waiting(), topics, DLQ)) == [1]
    (record,) = topics.logs[TOPIC]
    assert (record.key, record.value) == (b"key", b"value 7")
    assert dict(record.headers) == {
        "badbuzz.dlq.letter.topic": b"tweets",
        "badbuzz.dlq.letter.partition": b"0",
        "badbuzz.dlq.letter.offset": b"7",
    }


def test_a_replayed_letter_is_marked() -> None:
    topics = rejected(7, 8)
    list(replay_dead_letters(topics.waiting()[:1], topics, DLQ))
    assert [letter.handled for letter in topics.list_letters().letters] == ["replayed", None]


def test_a_discarded_letter_is_marked_and_not_replayed() -> None:
    topics = rejected(7, 8)
    assert list(discard_dead_letters(topics.waiting(), topics, DLQ)) == [2]
    assert TOPIC not in topics.logs
    assert [letter.handled for letter in topics.list_letters().letters] == ["discarded", "discarded"]


def test_a_record_that_fails_again_is_a_new_letter_that_names_the_old_one() -> None:
    topics = rejected(7)
    list(replay_dead_letters(topics.waiting(), topics, DLQ))
    topics.reject(topics.logs[TOPIC][0].offset)
    (again,) = topics.waiting()
    assert (again.record, again.replay_of) == (RecordPosition(TOPIC, 0, 0), RecordPosition(TOPIC, 0, 7))


def test_a_letter_that_a_worker_sends_again_stays_handled() -> None:
    """If a worker dies after its dead letters and before its file, the next worker sends them again."""
    topics = rejected(7)
    list(discard_dead_letters(topics.waiting(), topics, DLQ))
    topics.reject(7)
    assert topics.waiting() == []
    assert len(topics.list_letters().letters) == 1


def test_the_order_of_letters_and_markers_does_not_matter() -> None:
    """A dead-letter topic with several partitions is read in any order."""
    topics = rejected(7, 8)
    list(replay_dead_letters(topics.waiting()[:1], topics, DLQ))
    topics.reject(0)
    expected = topics.list_letters()
    for records in permutations(topics.logs[DLQ]):
        assert collect_dead_letters(records, TOPIC, lambda _: True) == expected


def test_a_marker_is_in_its_letters_partition_and_is_not_a_letter() -> None:
    topics = rejected(7)
    topics.logs[DLQ][0].partition = 5
    list(replay_dead_letters(topics.waiting(), topics, DLQ))
    note = topics.logs[DLQ][-1]
    assert note.partition == 5
    assert read_position(note.headers, CONNECT) is None
    assert not any(name.startswith("__connect") for name, _ in note.headers)


@given(letters=st.integers(1, 3 * BATCH), lives_for=st.integers(0, 6 * BATCH))
def test_a_killed_replay_loses_nothing_and_repeats_at_most_one_batch(letters: int, lives_for: int) -> None:
    topics = rejected(*range(letters))
    topics.lives_for = lives_for
    try:
        list(replay_dead_letters(topics.waiting(), topics, DLQ))
    except KilledError:
        topics.lives_for = None
        list(replay_dead_letters(topics.waiting(), topics, DLQ))
    assert topics.waiting() == []
    written = values(topics)
    assert set(written) == {b"value %d" % number for number in range(letters)}
    assert len(written) - len(set(written)) <= BATCH


def test_a_refused_record_stays_pending_and_the_rest_of_its_batch_is_replayed() -> None:
    topics = rejected(1, 2, 3)
    topics.refused_values = frozenset({b"value 2"})
    with pytest.raises(Misconfigured, match="takes no record of this size"):
        list(replay_dead_letters(topics.waiting(), topics, DLQ))
    assert [letter.record.offset for letter in topics.waiting()] == [2]


def test_a_refused_marker_is_an_error() -> None:
    topics = rejected(1)
    topics.refused_values = frozenset({b""})
    with pytest.raises(Misconfigured):
        list(discard_dead_letters(topics.waiting(), topics, DLQ))
    assert len(topics.waiting()) == 1
