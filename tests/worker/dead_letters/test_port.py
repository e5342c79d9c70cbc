"""One suite for both sinks of dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import BadRecord
from worker.dead_letters.port import DeadLetter
from worker.source.memory import MemoryRecord

if TYPE_CHECKING:
    from tests.worker.dead_letters.backends import DeadLetterBackend


def letter(
    value: bytes | None = b"{no json", *, offset: int = 7, key: bytes | None = b"k", problem: str = "bad"
) -> DeadLetter:
    return DeadLetter(MemoryRecord(3, offset, 1_700_000_000_000, key, value), BadRecord("decode", problem))


def test_a_letter_has_the_headers_of_kafka_connect(
    backend: DeadLetterBackend,
) -> None:
    backend.sink.send([letter(problem="id: Field required (got {'text': 'café'})")])
    (found,) = backend.found(1)
    assert found.headers == {
        "__connect.errors.topic": b"tweets",
        "__connect.errors.partition": b"3",
        "__connect.errors.offset": b"7",
        "__connect.errors.stage": b"decode",
        "__connect.errors.exception.class.name": b"BadRecord",
        "__connect.errors.exception.message": "id: Field required (got {'text': 'café'})".encode(),
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"1", b"{no json"),
        (None, b"\x00\xff\xfe not even text"),
        (b"\xff\x00", b""),
        (b"tombstone", None),
        (b"", b"x"),
        (b"large", b"x" * 900_000),
    ],
    ids=["text", "bytes", "empty", "tombstone", "empty key", "large"],
)
def test_key_and_value_are_unchanged(
    backend: DeadLetterBackend, key: bytes | None, value: bytes | None
) -> None:
    backend.sink.send([letter(value, key=key)])
    (found,) = backend.found(1)
    assert (found.key, found.value) == (key, value)


def test_letters_arrive_in_order_and_may_be_repeated(backend: DeadLetterBackend) -> None:
    letters = [letter(offset=offset) for offset in range(50)]
    backend.sink.send(letters)
    backend.sink.send(letters[-2:])
    offsets = [int(found.headers["__connect.errors.offset"]) for found in backend.found(52)]
    assert offsets == [*range(50), 48, 49]


def test_after_closing_the_next_letter_connects_anew(backend: DeadLetterBackend) -> None:
    backend.sink.send([letter(offset=1)])
    backend.sink.close()
    backend.sink.send([letter(offset=2)])
    assert len(backend.found(2)) == 2
