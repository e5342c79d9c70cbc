"""Replay and discard: what is written, what is remembered, and what is left when the process is killed."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.errors import Misconfigured
from tests.worker.dead_letters.cluster import DLQ, TOPIC, Cluster, KilledError
from worker.dead_letters.handling import BATCH, discard, replay
from worker.dead_letters.letters import Origin, named_origin
from worker.dead_letters.mailbox import fold
from worker.dead_letters.notes import note_in


def rejected(*offsets: int) -> Cluster:
    cluster = Cluster()
    for offset in offsets:
        cluster.reject(offset, value=b"value %d" % offset)
    return cluster


def values(cluster: Cluster) -> list[bytes | None]:
    return [record.value for record in cluster.topics[TOPIC]]


def test_a_replayed_record_has_its_key_and_value_and_says_where_it_comes_from() -> None:
    cluster = rejected(7)
    assert list(replay(cluster.waiting(), cluster, DLQ)) == [1]
    (record,) = cluster.topics[TOPIC]
    assert (record.key, record.value) == (b"key", b"value 7")
    assert dict(record.headers) == {
        "badbuzz.dlq.letter.topic": b"tweets",
        "badbuzz.dlq.letter.partition": b"0",
        "badbuzz.dlq.letter.offset": b"7",
    }


def test_what_was_replayed_waits_no_more_and_is_still_there() -> None:
    cluster = rejected(7, 8)
    list(replay(cluster.waiting()[:1], cluster, DLQ))
    assert [letter.handled for letter in cluster.mailbox().letters] == ["replayed", None]


def test_what_was_discarded_is_written_nowhere_and_waits_no_more() -> None:
    cluster = rejected(7, 8)
    assert list(discard(cluster.waiting(), cluster, DLQ)) == [2]
    assert TOPIC not in cluster.topics
    assert [letter.handled for letter in cluster.mailbox().letters] == ["discarded", "discarded"]


def test_a_record_that_fails_again_is_a_new_letter_that_knows_the_old_one() -> None:
    cluster = rejected(7)
    list(replay(cluster.waiting(), cluster, DLQ))
    cluster.reject(cluster.topics[TOPIC][0].offset)
    (again,) = cluster.waiting()
    assert (again.origin, again.replay_of) == (Origin(TOPIC, 0, 0), Origin(TOPIC, 0, 7))


def test_a_letter_that_a_worker_sends_again_stays_handled() -> None:
    """A worker that dies between dead letters and file leaves it to the next one to send them again."""
    cluster = rejected(7)
    list(discard(cluster.waiting(), cluster, DLQ))
    cluster.reject(7)
    assert cluster.waiting() == []
    assert len(cluster.mailbox().letters) == 1


def test_the_order_in_which_letters_and_notes_are_read_does_not_matter() -> None:
    """A dead-letter topic of several partitions is read in any order."""
    cluster = rejected(7, 8)
    list(replay(cluster.waiting()[:1], cluster, DLQ))
    cluster.reject(0)
    expected = cluster.mailbox()
    for records in permutations(cluster.topics[DLQ]):
        assert fold(records, TOPIC, lambda _: True) == expected


def test_a_note_stands_in_the_letters_partition_and_is_no_letter_to_anybody() -> None:
    cluster = rejected(7)
    cluster.topics[DLQ][0].partition = 5
    list(replay(cluster.waiting(), cluster, DLQ))
    note = cluster.topics[DLQ][-1]
    assert note.partition == 5
    assert named_origin(note.headers) is None
    assert not any(name.startswith("__connect") for name, _ in note.headers)


@given(letters=st.integers(1, 3 * BATCH), lives_for=st.integers(0, 6 * BATCH))
def test_killed_anywhere_nothing_is_lost_and_at_most_a_batch_is_replayed_twice(
    letters: int, lives_for: int
) -> None:
    cluster = rejected(*range(letters))
    cluster.lives_for = lives_for
    try:
        list(replay(cluster.waiting(), cluster, DLQ))
    except KilledError:
        cluster.lives_for = None
        list(replay(cluster.waiting(), cluster, DLQ))
    assert cluster.waiting() == []
    written = values(cluster)
    assert set(written) == {b"value %d" % number for number in range(letters)}
    assert len(written) - len(set(written)) <= BATCH


def test_a_record_that_is_refused_waits_on_and_the_others_of_its_batch_do_not() -> None:
    cluster = rejected(1, 2, 3)
    cluster.refused_values = frozenset({b"value 2"})
    with pytest.raises(Misconfigured, match="takes no record of this size"):
        list(replay(cluster.waiting(), cluster, DLQ))
    assert [letter.origin.offset for letter in cluster.waiting()] == [2]


def test_a_refused_note_is_an_error() -> None:
    cluster = rejected(1)
    cluster.refused_values = frozenset({b""})
    with pytest.raises(Misconfigured):
        list(discard(cluster.waiting(), cluster, DLQ))
    assert len(cluster.waiting()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("badbuzz.dlq.handled", b"eaten"), ("badbuzz.dlq.letter.topic", b"tweets")],
        [("badbuzz.dlq.handled", b"replayed"), ("badbuzz.dlq.letter.topic", b"tweets")],
        [("badbuzz.dlq.handled", None)],
    ],
)
def test_what_is_no_note(headers: list[tuple[str, bytes | None]]) -> None:
    assert note_in(headers) is None
