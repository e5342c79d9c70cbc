"""All letters about one topic's records, with what became of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from worker.dead_letters.handled_marker import read_marker
from worker.dead_letters.stored_dead_letter import CONNECT, StoredDeadLetter, read_failed_position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from worker.dead_letters.stored_dead_letter import HandledAs, RecordPosition
    from worker.source.log import LogReader


class ConsumedRecord(Protocol):
    """A record of the dead-letter topic, as kafka-python gives it."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class DeadLetterListing:
    """The letters that were asked for, oldest first. ``foreign`` counts records that are no letters about this topic."""

    letters: tuple[StoredDeadLetter, ...]
    foreign: int


def read_dead_letters(
    log: LogReader, dead_letter_topic: str, topic: str, wanted: Callable[[StoredDeadLetter], bool]
) -> DeadLetterListing:
    """Read the dead-letter topic from start to end; an absent one has no letters. Memory holds the wanted letters.

    :raises Retry: if no broker answers.
    :raises Misconfigured: if the broker refuses us.
    """
    starts = log.fetch_start_offsets(log.list_partitions(dead_letter_topic))
    return collect_dead_letters(log.read_to_end(starts), topic, wanted)


def collect_dead_letters(
    records: Iterable[ConsumedRecord], topic: str, wanted: Callable[[StoredDeadLetter], bool]
) -> DeadLetterListing:
    """Put letters and notes together. A letter that was sent twice is shown as it was sent first."""
    letters: dict[RecordPosition, StoredDeadLetter] = {}
    handled: dict[RecordPosition, HandledAs] = {}
    replays: dict[RecordPosition, RecordPosition] = {}
    foreign = 0
    for record in records:
        if note := read_marker(record.headers):
            handled[note.letter] = note.handled
            if note.replay:
                replays[note.replay] = note.letter
        elif (letter := _letter(record)) is None or letter.record.topic != topic:
            foreign += 1
        elif wanted(letter):
            letters.setdefault(letter.record, letter)
    known = (
        replace(letter, handled=handled.get(origin), replay_of=replays.get(origin))
        for origin, letter in letters.items()
    )
    return DeadLetterListing(
        tuple(sorted(known, key=lambda letter: (letter.written_ms, letter.record))), foreign
    )


def _letter(record: ConsumedRecord) -> StoredDeadLetter | None:
    position = read_failed_position(record.headers)
    if position is None:
        return None
    told = dict(record.headers)
    return StoredDeadLetter(
        record=position,
        stage=(told.get(f"{CONNECT}stage") or b"?").decode(errors="replace"),
        message=(told.get(f"{CONNECT}exception.message") or b"").decode(errors="replace"),
        written_ms=record.timestamp,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
    )
