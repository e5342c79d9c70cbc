"""A dead letter as it is found on its topic, and which record it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

HandledAs = Literal["replayed", "discarded"]
"""What became of a letter."""

CONNECT: Final = "__connect.errors."
"""How Kafka Connect's names of headers begin (its documentation, "Dead letter queue")."""

_PARTICULARS: Final = re.compile(r" \(got .*?(?:\)(?=; |$)|$)| at line \d+ column \d+", re.DOTALL)
"""What makes the messages of one kind of failure differ: the bad value, and where the parser stopped."""


@dataclass(frozen=True, slots=True, order=True)
class RecordPosition:
    """The record that a letter is about. It is the letter's name, too: letters that share it are one letter, sent again."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}@{self.offset}"


@dataclass(frozen=True, slots=True)
class StoredDeadLetter:
    """One dead letter. ``partition`` and ``offset`` are its own; key and value are the record's, untouched.

    ``written_ms`` is Kafka's timestamp of the letter, in milliseconds since 1970. ``replay_of`` names the earlier letter
    whose replay failed again as this one.
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
        """Stage and message without particulars: equal for letters that failed in the same way."""
        return f"{self.stage}: {_PARTICULARS.sub('', self.message)}"


def read_failed_position(headers: Iterable[tuple[str, bytes | None]]) -> RecordPosition | None:
    """Tell which record a dead letter names; None if by somebody else, who names none."""
    return read_position(headers, CONNECT)


def read_position(headers: Iterable[tuple[str, bytes | None]], prefix: str) -> RecordPosition | None:
    """Read the origin from the headers ``<prefix>topic``, ``partition`` and ``offset``; None if they do not tell one."""
    told = dict(headers)
    topic, partition, offset = (told.get(f"{prefix}{name}") for name in ("topic", "partition", "offset"))
    if topic is None or partition is None or offset is None:
        return None
    try:
        return RecordPosition(topic.decode(), int(partition), int(offset))
    except ValueError:  # which undecodable bytes are, too
        return None


def position_headers(position: RecordPosition, prefix: str) -> list[tuple[str, bytes]]:
    """What :func:`read_position` reads."""
    named = {"topic": position.topic, "partition": str(position.partition), "offset": str(position.offset)}
    return [(f"{prefix}{name}", value.encode()) for name, value in named.items()]
