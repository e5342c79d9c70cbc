"""Replays and discards letters.

A letter is handled in two steps: its record is written again (unless it is discarded), then a note says so. Kafka has no
step that does both for readers like ours, which do not wait for transactions. Who dies in between has replayed records
whose letters still wait: they may be replayed twice, and none is ever lost. A batch bounds how many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from worker.dead_letters.handled_marker import HandledMarker, marker_headers, replay_headers
from worker.dead_letters.record_writer import OutgoingRecord, WrittenRecord
from worker.dead_letters.stored_dead_letter import RecordPosition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from badbuzz.errors import GiveUp
    from worker.dead_letters.record_writer import RecordWriter
    from worker.dead_letters.stored_dead_letter import StoredDeadLetter

BATCH: Final = 100
"""At most so many letters are replayed twice when a replay is killed."""


def replay_dead_letters(
    letters: Sequence[StoredDeadLetter], writer: RecordWriter, dead_letter_topic: str
) -> Iterator[int]:
    """Write each record again to its topic, key and value untouched, and note it; yields how many letters each step handled.

    :raises GiveUp: if a record or note is not taken; what was taken before, and in its batch, is noted.
    """
    for batch in _batches(letters):
        outcomes = writer.send([_again(letter) for letter in batch])
        notes = [
            (
                letter,
                HandledMarker(
                    letter.record, "replayed", RecordPosition(letter.record.topic, at.partition, at.offset)
                ),
            )
            for letter, at in zip(batch, outcomes, strict=True)
            if isinstance(at, WrittenRecord)
        ]
        yield _write(notes, writer, dead_letter_topic)
        _insist(outcomes)


def discard_dead_letters(
    letters: Sequence[StoredDeadLetter], writer: RecordWriter, dead_letter_topic: str
) -> Iterator[int]:
    """Note that nothing more is to be done about these letters; yields how many letters each step handled.

    :raises GiveUp: if a note is not taken.
    """
    for batch in _batches(letters):
        notes = [(letter, HandledMarker(letter.record, "discarded")) for letter in batch]
        yield _write(notes, writer, dead_letter_topic)


def _batches(letters: Sequence[StoredDeadLetter]) -> Iterator[Sequence[StoredDeadLetter]]:
    return (letters[start : start + BATCH] for start in range(0, len(letters), BATCH))


def _again(letter: StoredDeadLetter) -> OutgoingRecord:
    return OutgoingRecord(letter.record.topic, letter.key, letter.value, replay_headers(letter.record))


def _write(notes: Sequence[tuple[StoredDeadLetter, HandledMarker]], writer: RecordWriter, topic: str) -> int:
    """Write each note into its letter's partition: behind the letter, so that retention never takes the note first."""
    _insist(
        writer.send(
            [
                OutgoingRecord(topic, None, b"", marker_headers(note), partition=letter.partition)
                for letter, note in notes
            ]
        )
    )
    return len(notes)


def _insist(outcomes: Sequence[WrittenRecord | GiveUp]) -> None:
    for outcome in outcomes:
        if not isinstance(outcome, WrittenRecord):
            raise outcome
