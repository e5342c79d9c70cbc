"""Reading letters: whose they are, why they failed, and which are meant."""

from __future__ import annotations

import re

import pytest

from badbuzz.contracts.tweet import decode_tweet
from badbuzz.errors import BadRecord
from tests.worker.dead_letters.fake_topics import DLQ, TOPIC, FakeRecord, FakeTopics
from worker.dead_letters.filter import DeadLetterFilter
from worker.dead_letters.stored_dead_letter import RecordPosition, StoredDeadLetter, read_failed_position


def letter(
    offset: int = 7, *, partition: int = 3, stage: str = "decode", message: str = "bad", at: int = 5_000
) -> StoredDeadLetter:
    return StoredDeadLetter(RecordPosition(TOPIC, partition, offset), stage, message, at, 0, 0, b"k", b"v")


def message(value: bytes) -> str:
    with pytest.raises(BadRecord) as caught:
        decode_tweet(value)
    return str(caught.value)


def test_what_is_not_ours_is_counted_and_left_alone() -> None:
    topics = FakeTopics()
    topics.reject(1)
    topics.reject(2, topic="another")
    topics.logs[DLQ].append(FakeRecord(0, 2, 0, None, b"by hand", []))
    found = topics.list_letters()
    assert [one.record for one in found.letters] == [RecordPosition(TOPIC, 0, 1)]
    assert found.foreign == 2


def test_a_letter_tells_what_the_worker_told() -> None:
    topics = FakeTopics()
    topics.reject(1, "text: Field required (got {'é': 1})", value=b"\xff")
    (found,) = topics.list_letters().letters
    assert (found.stage, found.message) == ("decode", "text: Field required (got {'é': 1})")
    assert (found.key, found.value) == (b"key", b"\xff")


def test_only_wanted_letters_are_kept() -> None:
    topics = FakeTopics()
    for offset in range(4):
        topics.reject(offset)
    found = topics.list_letters(DeadLetterFilter(offsets=(2, None)).matches)
    assert [one.record.offset for one in found.letters] == [2, 3]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("__connect.errors.topic", b"tweets")],
        [
            ("__connect.errors.topic", b"tweets"),
            ("__connect.errors.partition", b"one"),
            ("__connect.errors.offset", b"1"),
        ],
        [
            ("__connect.errors.topic", b"\xff"),
            ("__connect.errors.partition", b"1"),
            ("__connect.errors.offset", b"1"),
        ],
        [
            ("__connect.errors.topic", None),
            ("__connect.errors.partition", b"1"),
            ("__connect.errors.offset", b"1"),
        ],
    ],
)
def test_headers_that_name_no_record(headers: list[tuple[str, bytes | None]]) -> None:
    assert read_failed_position(headers) is None


def test_what_failed_in_the_same_way_has_the_same_reason() -> None:
    reasons = {letter(message=message(value)).reason for value in (b'{"id": "1"}', b'{"id": "2", "x": ")"}')}
    assert reasons == {"decode: text: Field required"}
    assert letter(message=message(b"{}")).reason == "decode: id: Field required; text: Field required"
    assert letter(message=message(b"no")).reason == "decode: value: Invalid JSON: expected ident"
    assert letter(message=f"id: bad (got {'x' * 900}").reason == "decode: id: bad"  # cut off on its way
    assert letter(stage="score", message="ValueError: 3 of 4").reason == "score: ValueError: 3 of 4"


@pytest.mark.parametrize(
    ("letter_filter", "taken"),
    [
        (DeadLetterFilter(), True),
        (DeadLetterFilter(stage="decode"), True),
        (DeadLetterFilter(stage="score"), False),
        (DeadLetterFilter(match=re.compile("^b.d")), True),
        (DeadLetterFilter(match=re.compile("good")), False),
        (DeadLetterFilter(since_ms=5_000), True),
        (DeadLetterFilter(since_ms=5_001), False),
        (DeadLetterFilter(until_ms=5_001), True),
        (DeadLetterFilter(until_ms=5_000), False),
        (DeadLetterFilter(partition=3), True),
        (DeadLetterFilter(partition=0), False),
        (DeadLetterFilter(partition=3, offsets=(7, 7)), True),
        (DeadLetterFilter(partition=3, offsets=(0, None)), True),
        (DeadLetterFilter(partition=3, offsets=(8, None)), False),
        (DeadLetterFilter(partition=3, offsets=(0, 6)), False),
        (DeadLetterFilter(stage="decode", partition=0), False),
    ],
)
def test_all_that_is_asked_for_must_be_so(letter_filter: DeadLetterFilter, taken: bool) -> None:  # noqa: FBT001 - an expectation
    assert letter_filter.matches(letter()) is taken
