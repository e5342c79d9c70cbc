"""Replay and discard: what is written, what is remembered, and what is left when the process is killed."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.errors import Misconfigured
from tests.worker.dead_letters.fake_topics import DLQ, TOPIC, FakeTopics, KilledError
from worker.dead_letters.reader import collect_dead_letters
from worker.dead_letters.replay import BATCH, discard_dead_letters, replay_dead_letters
from worker.dead_letters.stored_dead_letter import RecordPosition, read_failed_position


def rejected(*offsets: int) -> FakeTopics:
    topics = FakeTopics()
    for offset in offsets:
        topics.reject(offset, value=b"value %d" % offset)
    return topics


def values(topics: FakeTopics) -> list[bytes | None]:
    return [record.value for record in topics.logs[TOPIC]]


def test_a_replayed_record_has_its_key_and_value_and_says_where_it_comes_from() -> None:
    topics = rejected(7)
    assert list(replay_dead_letters(topics.waiting(), topics, DLQ)) == [1]
    (record,) = topics.logs[TOPIC]
    assert (record.key, record.value) == (b"key", b"value 7")
    assert dict(record.headers) == {
        "badbuzz.dlq.letter.topic": b"tweets",
        "badbuzz.dlq.letter.partition": b"0",
        "badbuzz.dlq.letter.offset": b"7",
    }


def test_what_was_replayed_waits_no_more_and_is_still_there() -> None:
    topics = rejected(7, 8)
    list(replay_dead_letters(topics.waiting()[:1], topics, DLQ))
    assert [letter.handled for letter in topics.list_letters().letters] == ["replayed", None]


def test_what_was_discarded_is_written_nowhere_and_waits_no_more() -> None:
    topics = rejected(7, 8)
    assert list(discard_dead_letters(topics.waiting(), topics, DLQ)) == [2]
    assert TOPIC not in topics.logs
    assert [letter.handled for letter in topics.list_letters().letters] == ["discarded", "discarded"]


def test_a_record_that_fails_again_is_a_new_letter_that_knows_the_old_one() -> None:
    topics = rejected(7)
    list(replay_dead_letters(topics.waiting(), topics, DLQ))
    topics.reject(topics.logs[TOPIC][0].offset)
    (again,) = topics.waiting()
    assert (again.record, again.replay_of) == (RecordPosition(TOPIC, 0, 0), RecordPosition(TOPIC, 0, 7))


def test_a_letter_that_a_worker_sends_again_stays_handled() -> None:
    """A worker that dies between dead letters and file leaves it to the next one to send them again."""
    topics = rejected(7)
    list(discard_dead_letters(topics.waiting(), topics, DLQ))
    topics.reject(7)
    assert topics.waiting() == []
    assert len(topics.list_letters().letters) == 1


def test_the_order_in_which_letters_and_notes_are_read_does_not_matter() -> None:
    """A dead-letter topic of several partitions is read in any order."""
    topics = rejected(7, 8)
    list(replay_dead_letters(topics.waiting()[:1], topics, DLQ))
    topics.reject(0)
    expected = topics.list_letters()
    for records in permutations(topics.logs[DLQ]):
        assert collect_dead_letters(records, TOPIC, lambda _: True) == expected


def test_a_note_stands_in_the_letters_partition_and_is_no_letter_to_anybody() -> None:
    topics = rejected(7)
    topics.logs[DLQ][0].partition = 5
    list(replay_dead_letters(topics.waiting(), topics, DLQ))
    note = topics.logs[DLQ][-1]
    assert note.partition == 5
    assert read_failed_position(note.headers) is None
    assert not any(name.startswith("__connect") for name, _ in note.headers)


@given(letters=st.integers(1, 3 * BATCH), lives_for=st.integers(0, 6 * BATCH))
def test_killed_anywhere_nothing_is_lost_and_at_most_a_batch_is_replayed_twice(
    letters: int, lives_for: int
) -> None:
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


def test_a_record_that_is_refused_waits_on_and_the_others_of_its_batch_do_not() -> None:
    topics = rejected(1, 2, 3)
    topics.refused_values = frozenset({b"value 2"})
    with pytest.raises(Misconfigured, match="takes no record of this size"):
        list(replay_dead_letters(topics.waiting(), topics, DLQ))
    assert [letter.record.offset for letter in topics.waiting()] == [2]


def test_a_refused_note_is_an_error() -> None:
    topics = rejected(1)
    topics.refused_values = frozenset({b""})
    with pytest.raises(Misconfigured):
        list(discard_dead_letters(topics.waiting(), topics, DLQ))
    assert len(topics.waiting()) == 1
