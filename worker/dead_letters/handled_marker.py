"""How it is remembered that a letter was handled: a note in the dead-letter topic, beside the letter, as a topic is append-only.

A note has no value; its headers tell::

    badbuzz.dlq.handled                            replayed | discarded
    badbuzz.dlq.letter.topic, .partition, .offset  which letter: the record that it is about
    badbuzz.dlq.replay.topic, .partition, .offset  where the record stands now, if it was replayed

None of them is one of Kafka Connect's, so that nobody takes a note for a letter. Letters and notes are both sets of
names: it matters neither in which order they are read nor how often one was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from worker.dead_letters.stored_dead_letter import position_headers, read_position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from worker.dead_letters.stored_dead_letter import HandledAs, RecordPosition

_HANDLED: Final = "badbuzz.dlq.handled"
_LETTER: Final = "badbuzz.dlq.letter."
_REPLAY: Final = "badbuzz.dlq.replay."
_HANDLED_AS: Final[dict[bytes | None, HandledAs]] = {b"replayed": "replayed", b"discarded": "discarded"}


@dataclass(frozen=True, slots=True)
class HandledMarker:
    """This letter was handled. ``replay`` is where its record was written again."""

    letter: RecordPosition
    handled: HandledAs
    replay: RecordPosition | None = None


def marker_headers(note: HandledMarker) -> list[tuple[str, bytes]]:
    """A note as the headers of a record."""
    replay = position_headers(note.replay, _REPLAY) if note.replay else []
    return [(_HANDLED, note.handled.encode()), *position_headers(note.letter, _LETTER), *replay]


def read_marker(headers: Iterable[tuple[str, bytes | None]]) -> HandledMarker | None:
    """Read a note; None if a record is none."""
    told = list(headers)
    handled = _HANDLED_AS.get(dict(told).get(_HANDLED))
    letter = read_position(told, _LETTER)
    if handled is None or letter is None:
        return None
    return HandledMarker(letter, handled, read_position(told, _REPLAY))


def replay_headers(letter: RecordPosition) -> list[tuple[str, bytes]]:
    """What a record that is written again carries: the letter that it comes from."""
    return position_headers(letter, _LETTER)
