"""Reading letters: whose they are, why they failed, and which are meant."""

from __future__ import annotations

import re

import pytest

from badbuzz.contracts.tweet import decode_tweet
from badbuzz.errors import BadRecord
from tests.worker.dead_letters.cluster import DLQ, TOPIC, Cluster, Stored
from worker.dead_letters.letters import Letter, Origin, named_origin
from worker.dead_letters.selection import Selection


def letter(
    offset: int = 7, *, partition: int = 3, stage: str = "decode", message: str = "bad", at: int = 5_000
) -> Letter:
    return Letter(Origin(TOPIC, partition, offset), stage, message, at, 0, 0, b"k", b"v")


def message(value: bytes) -> str:
    with pytest.raises(BadRecord) as caught:
        decode_tweet(value)
    return str(caught.value)


def test_what_is_not_ours_is_counted_and_left_alone() -> None:
    cluster = Cluster()
    cluster.reject(1)
    cluster.reject(2, topic="another")
    cluster.topics[DLQ].append(Stored(0, 2, 0, None, b"by hand", []))
    found = cluster.mailbox()
    assert [one.origin for one in found.letters] == [Origin(TOPIC, 0, 1)]
    assert found.foreign == 2


def test_a_letter_tells_what_the_worker_told() -> None:
    cluster = Cluster()
    cluster.reject(1, "text: Field required (got {'é': 1})", value=b"\xff")
    (found,) = cluster.mailbox().letters
    assert (found.stage, found.message) == ("decode", "text: Field required (got {'é': 1})")
    assert (found.key, found.value) == (b"key", b"\xff")


def test_only_wanted_letters_are_kept() -> None:
    cluster = Cluster()
    for offset in range(4):
        cluster.reject(offset)
    found = cluster.mailbox(Selection(offsets=(2, None)).takes)
    assert [one.origin.offset for one in found.letters] == [2, 3]


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
    assert named_origin(headers) is None


def test_what_failed_in_the_same_way_has_the_same_reason() -> None:
    reasons = {letter(message=message(value)).reason for value in (b'{"id": "1"}', b'{"id": "2", "x": ")"}')}
    assert reasons == {"decode: text: Field required"}
    assert letter(message=message(b"{}")).reason == "decode: id: Field required; text: Field required"
    assert letter(message=message(b"no")).reason == "decode: value: Invalid JSON: expected ident"
    assert letter(message=f"id: bad (got {'x' * 900}").reason == "decode: id: bad"  # cut off on its way
    assert letter(stage="score", message="ValueError: 3 of 4").reason == "score: ValueError: 3 of 4"


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(), True),
        (Selection(stage="decode"), True),
        (Selection(stage="score"), False),
        (Selection(match=re.compile("^b.d")), True),
        (Selection(match=re.compile("good")), False),
        (Selection(since_ms=5_000), True),
        (Selection(since_ms=5_001), False),
        (Selection(until_ms=5_001), True),
        (Selection(until_ms=5_000), False),
        (Selection(partition=3), True),
        (Selection(partition=0), False),
        (Selection(partition=3, offsets=(7, 7)), True),
        (Selection(partition=3, offsets=(0, None)), True),
        (Selection(partition=3, offsets=(8, None)), False),
        (Selection(partition=3, offsets=(0, 6)), False),
        (Selection(stage="decode", partition=0), False),
    ],
)
def test_all_that_is_asked_for_must_be_so(selection: Selection, taken: bool) -> None:  # noqa: FBT001 - an expectation
    assert selection.takes(letter()) is taken
