"""Replays and discards dead letters.

A letter is handled in two steps: its record is written again (unless it is discarded), then a marker is written. A transaction
would make it one step only for readers of committed records, and would need a right on a transactional id. A process that
dies between the steps leaves replayed records whose letters are still pending. They may be replayed twice, at most one batch
of them, and no letter is lost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from worker.dead_letters.handled_marker import HandledMarker, build_marker_headers, build_replay_headers
from worker.dead_letters.record_writer import OutgoingRecord, WrittenRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from badbuzz.errors import GiveUp
    from worker.dead_letters.record_writer import RecordWriter
    from worker.dead_letters.stored_dead_letter import RecordPosition, StoredDeadLetter

BATCH: Final = 100
"""The number of letters that can be replayed twice when a replay is killed."""


def replay_dead_letters(
    letters: Sequence[StoredDeadLetter], writer: RecordWriter, dead_letter_topic: str
) -> Iterator[int]:
    """Write each record again to its topic, key and value unchanged, and mark it. Yield each batch's number of letters.

    :raises GiveUp: if a record or marker is refused. Records that were written before that, also in the same batch, are marked.
    """
    for batch in _batches(letters):
        outcomes = writer.send([_replayed_record(letter) for letter in batch])
        markers = [
            (letter, HandledMarker(letter.record, "replayed", _move(letter.record, written)))
            for letter, written in zip(batch, outcomes, strict=True)
            if isinstance(written, WrittenRecord)
        ]
        yield _write_markers(markers, writer, dead_letter_topic)
        _raise_refusal(outcomes)


def discard_dead_letters(
    letters: Sequence[StoredDeadLetter], writer: RecordWriter, dead_letter_topic: str
) -> Iterator[int]:
    """Mark letters as discarded. Yield each batch's number of letters.

    :raises GiveUp: if a marker is refused.
    """
    for batch in _batches(letters):
        markers = [(letter, HandledMarker(letter.record, "discarded")) for letter in batch]
        yield _write_markers(markers, writer, dead_letter_topic)


def _batches(letters: Sequence[StoredDeadLetter]) -> Iterator[Sequence[StoredDeadLetter]]:
    return (letters[start : start + BATCH] for start in range(0, len(letters), BATCH))


def _replayed_record(letter: StoredDeadLetter) -> OutgoingRecord:
    return OutgoingRecord(letter.record.topic, letter.key, letter.value, build_replay_headers(letter.record))


def _move(record: RecordPosition, written: WrittenRecord) -> RecordPosition:
    return replace(record, partition=written.partition, offset=written.offset)


def _write_markers(
    markers: Sequence[tuple[StoredDeadLetter, HandledMarker]], writer: RecordWriter, topic: str
) -> int:
    """Write each marker into its letter's partition, behind the letter, so that retention deletes the letter first."""
    records = [
        OutgoingRecord(topic, None, b"", build_marker_headers(marker), partition=letter.partition)
        for letter, marker in markers
    ]
    _raise_refusal(writer.send(records))
    return len(markers)


def _raise_refusal(outcomes: Sequence[WrittenRecord | GiveUp]) -> None:
    for outcome in outcomes:
        if not isinstance(outcome, WrittenRecord):
            raise outcome
