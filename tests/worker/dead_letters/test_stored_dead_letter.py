"""The headers of a dead letter, and the reason for its failure."""

from __future__ import annotations

import pytest

from badbuzz.cli.dlq.tables import print_json, print_latest
from badbuzz.contracts.scored_row import LATEST_MS
from badbuzz.contracts.tweet import decode_tweet
from badbuzz.errors import BadRecord
from tests.worker.dead_letters.fake_topics import TOPIC, FakeRecord
from worker.dead_letters.port import DeadLetter
from worker.dead_letters.stored_dead_letter import (
    CONNECT,
    HEADER_CHARACTERS,
    RecordPosition,
    StoredDeadLetter,
    build_letter_headers,
    read_letter,
    read_position,
)
from worker.source.memory import MemoryRecord

HEADER_NAMES = {
    "__connect.errors.topic",
    "__connect.errors.partition",
    "__connect.errors.offset",
    "__connect.errors.stage",
    "__connect.errors.exception.class.name",
    "__connect.errors.exception.message",
}


def letter(
    offset: int = 7, *, partition: int = 3, stage: str = "decode", message: str = "bad", at: int = 5_000
) -> StoredDeadLetter:
    return StoredDeadLetter(RecordPosition(TOPIC, partition, offset), stage, message, at, 0, 0, b"k", b"v")


def rejected(problem: str) -> DeadLetter:
    return DeadLetter(MemoryRecord(3, 7, 1_700_000_000_000, b"k", b"{"), BadRecord("decode", problem))


def message(value: bytes) -> str:
    with pytest.raises(BadRecord) as caught:
        decode_tweet(value)
    return str(caught.value)


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
def test_headers_without_a_valid_position(headers: list[tuple[str, bytes | None]]) -> None:
    assert read_position(headers, CONNECT) is None


def test_failures_of_one_kind_have_the_same_reason() -> None:
    reasons = {letter(message=message(value)).reason for value in (b'{"id": "1"}', b'{"id": "2", "x": ")"}')}
    assert reasons == {"decode: text: Field required"}
    assert letter(message=message(b"{}")).reason == "decode: id: Field required; text: Field required"
    assert letter(message=message(b"no")).reason == "decode: value: Invalid JSON: expected ident"
    assert letter(message=f"id: bad (got {'x' * 900}").reason == "decode: id: bad"  # cut off on its way
    assert letter(stage="score", message="ValueError: 3 of 4").reason == "score: ValueError: 3 of 4"


def test_a_long_message_is_truncated() -> None:
    headers = dict(build_letter_headers(TOPIC, rejected("é" * 5_000)))
    assert headers.keys() == HEADER_NAMES
    assert headers["__connect.errors.exception.message"].decode() == "é" * HEADER_CHARACTERS


def test_a_message_with_a_lone_surrogate_is_sent() -> None:
    headers = dict(build_letter_headers(TOPIC, rejected("lone \ud83d surrogate")))
    assert headers["__connect.errors.exception.message"] == b"lone ? surrogate"


@pytest.mark.parametrize("timestamp", [-1, 0, -(2**63), 2**63 - 1, 1_790_000_000_000_000, 1_790_000_000_000])
def test_a_letter_with_any_timestamp_is_shown(timestamp: int, capsys: pytest.CaptureFixture[str]) -> None:
    record = FakeRecord(0, 0, timestamp, b"k", b"v", build_letter_headers(TOPIC, rejected("bad")))
    found = read_letter(record)
    assert found is not None
    assert found.written_ms == min(max(timestamp, 0), LATEST_MS)
    print_json([found])
    print_latest([found])
    assert '"written_at": "' in capsys.readouterr().out
