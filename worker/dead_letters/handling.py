"""Replays and discards letters.

A letter is handled in two steps: its record is written again (unless it is discarded), then a note says so. Kafka has no
step that does both for readers like ours, which do not wait for transactions. Who dies in between has replayed records
whose letters still wait: they may be replayed twice, and none is ever lost. A batch bounds how many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from worker.dead_letters.letters import Origin
from worker.dead_letters.notes import Note, note_headers, replay_headers
from worker.dead_letters.outbox import Outgoing, Placed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from badbuzz.errors import GiveUp
    from worker.dead_letters.letters import Letter
    from worker.dead_letters.outbox import Outbox

BATCH: Final = 100
"""At most so many letters are replayed twice when a replay is killed."""


def replay(letters: Sequence[Letter], outbox: Outbox, dead_letter_topic: str) -> Iterator[int]:
    """Write each record again to its topic, key and value untouched, and note it; yields how many letters each step handled.

    :raises GiveUp: if a record or note is not taken; what was taken before, and in its batch, is noted.
    """
    for batch in _batches(letters):
        outcomes = outbox.send([_again(letter) for letter in batch])
        notes = [
            (letter, Note(letter.origin, "replayed", Origin(letter.origin.topic, at.partition, at.offset)))
            for letter, at in zip(batch, outcomes, strict=True)
            if isinstance(at, Placed)
        ]
        yield _write(notes, outbox, dead_letter_topic)
        _insist(outcomes)


def discard(letters: Sequence[Letter], outbox: Outbox, dead_letter_topic: str) -> Iterator[int]:
    """Note that nothing more is to be done about these letters; yields how many letters each step handled.

    :raises GiveUp: if a note is not taken.
    """
    for batch in _batches(letters):
        notes = [(letter, Note(letter.origin, "discarded")) for letter in batch]
        yield _write(notes, outbox, dead_letter_topic)


def _batches(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    return (letters[start : start + BATCH] for start in range(0, len(letters), BATCH))


def _again(letter: Letter) -> Outgoing:
    return Outgoing(letter.origin.topic, letter.key, letter.value, replay_headers(letter.origin))


def _write(notes: Sequence[tuple[Letter, Note]], outbox: Outbox, topic: str) -> int:
    """Write each note into its letter's partition: behind the letter, so that retention never takes the note first."""
    _insist(
        outbox.send(
            [
                Outgoing(topic, None, b"", note_headers(note), partition=letter.partition)
                for letter, note in notes
            ]
        )
    )
    return len(notes)


def _insist(outcomes: Sequence[Placed | GiveUp]) -> None:
    for outcome in outcomes:
        if not isinstance(outcome, Placed):
            raise outcome
