"""The format of dead letters: the failed record's key and value unchanged, and headers named like Kafka Connect's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from badbuzz.contracts.scored_row import LATEST_MS
from worker.source.port import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from worker.dead_letters.port import DeadLetter

HandledAs = Literal["replayed", "discarded"]
"""What was done about a dead letter."""

CONNECT: Final = "__connect.errors."
"""The prefix of Kafka Connect's headers (its documentation, "Dead letter queue")."""

HEADER_CHARACTERS: Final = 1_000
"""A message may repeat a bad value. This limit prevents headers that are larger than the record."""

_PARTICULARS: Final = re.compile(r" \(got .*?(?:\)(?=; |$)|$)| at line \d+ column \d+", re.DOTALL)
"""The parts of a message that vary between failures of one kind: the bad value, and where the parser stopped."""


@dataclass(frozen=True, slots=True, order=True)
class RecordPosition:
    """The position of a record. It also identifies a dead letter: two letters about one record are the same letter."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}@{self.offset}"


@dataclass(frozen=True, slots=True)
class StoredDeadLetter:
    """A dead letter on its topic.

    ``record`` is the position of the record that failed; ``key`` and ``value`` are that record's, unchanged.
    ``partition``, ``offset`` and ``written_ms`` (Kafka's timestamp, since 1970; 0 if unknown) are the letter's own. ``replay_of``
    names an earlier letter whose replay failed again as this one.
    """

    record: RecordPosition
    stage: str
    message: str
    written_ms: int
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    handled: HandledAs | None = None
    replay_of: RecordPosition | None = None

    @property
    def reason(self) -> str:
        """Stage and message without varying parts: equal for letters that failed in the same way."""
        return f"{self.stage}: {_PARTICULARS.sub('', self.message)}"


class ConsumedRecord(Record, Protocol):
    """A record of the dead-letter topic."""

    headers: Sequence[tuple[str, bytes | None]]


def read_position(headers: Iterable[tuple[str, bytes | None]], prefix: str) -> RecordPosition | None:
    """Read a position from the headers ``<prefix>topic``, ``partition`` and ``offset``; None if they do not name one.

    With :data:`CONNECT`, it is the position of the record that a dead letter is about.
    """
    values = dict(headers)
    topic, partition, offset = (values.get(f"{prefix}{name}") for name in ("topic", "partition", "offset"))
    if topic is None or partition is None or offset is None:
        return None
    try:
        return RecordPosition(topic.decode(), int(partition), int(offset))
    except ValueError:  # also raised for undecodable bytes
        return None


def build_position_headers(position: RecordPosition, prefix: str) -> list[tuple[str, bytes]]:
    """Return the headers that :func:`read_position` reads."""
    values = {"topic": position.topic, "partition": str(position.partition), "offset": str(position.offset)}
    return [(f"{prefix}{name}", value.encode()) for name, value in values.items()]


def build_letter_headers(topic: str, letter: DeadLetter) -> list[tuple[str, bytes]]:
    """Return the headers of a dead letter about a record of ``topic``, with Kafka Connect's names."""
    position = RecordPosition(topic, letter.record.partition, letter.record.offset)
    error = {
        "stage": letter.error.stage,
        "exception.class.name": type(letter.error).__qualname__,
        "exception.message": str(letter.error)[:HEADER_CHARACTERS],
    }
    described = [(f"{CONNECT}{name}", value.encode("utf-8", "replace")) for name, value in error.items()]
    return [*build_position_headers(position, CONNECT), *described]


def read_letter(record: ConsumedRecord) -> StoredDeadLetter | None:
    """Read a dead letter; None if the record is not one."""
    position = read_position(record.headers, CONNECT)
    if position is None:
        return None
    values = dict(record.headers)
    return StoredDeadLetter(
        record=position,
        stage=(values.get(f"{CONNECT}stage") or b"?").decode(errors="replace"),
        message=(values.get(f"{CONNECT}exception.message") or b"").decode(errors="replace"),
        written_ms=min(max(record.timestamp, 0), LATEST_MS),
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
    )
