"""Reads the dead letters about one topic's records, and whether each was handled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from worker.dead_letters.handled_marker import read_marker
from worker.dead_letters.stored_dead_letter import read_letter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from worker.dead_letters.stored_dead_letter import (
        ConsumedRecord,
        HandledAs,
        RecordPosition,
        StoredDeadLetter,
    )
    from worker.source.log_reader import LogReader


@dataclass(frozen=True, slots=True)
class DeadLetterListing:
    """The requested dead letters, oldest first. ``foreign`` counts the records that are not dead letters about this topic."""

    letters: tuple[StoredDeadLetter, ...]
    foreign: int


def read_dead_letters(
    log: LogReader, dead_letter_topic: str, topic: str, wanted: Callable[[StoredDeadLetter], bool]
) -> DeadLetterListing:
    """Read the dead-letter topic from start to end. A missing topic has no letters. Memory holds the wanted letters.

    :raises Retry: if no broker answers.
    :raises Misconfigured: if the broker refuses access.
    """
    starts = log.fetch_start_offsets(log.list_partitions(dead_letter_topic))
    return collect_dead_letters(log.read_to_end(starts), topic, wanted)


def collect_dead_letters(
    records: Iterable[ConsumedRecord], topic: str, wanted: Callable[[StoredDeadLetter], bool]
) -> DeadLetterListing:
    """Combine letters with their markers. If a letter was sent twice, keep the first."""
    letters: dict[RecordPosition, StoredDeadLetter] = {}
    handled: dict[RecordPosition, HandledAs] = {}
    replays: dict[RecordPosition, RecordPosition] = {}
    foreign = 0
    for record in records:
        if marker := read_marker(record.headers):
            handled[marker.letter] = marker.handled
            if marker.replay:
                replays[marker.replay] = marker.letter
        elif (letter := read_letter(record)) is None or letter.record.topic != topic:
            foreign += 1
        elif wanted(letter):
            letters.setdefault(letter.record, letter)
    known = (
        replace(letter, handled=handled.get(position), replay_of=replays.get(position))
        for position, letter in letters.items()
    )
    return DeadLetterListing(
        tuple(sorted(known, key=lambda letter: (letter.written_ms, letter.record))), foreign
    )
