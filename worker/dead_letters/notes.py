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

from worker.dead_letters.letters import origin_headers, origin_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from worker.dead_letters.letters import Handling, Origin

_HANDLED: Final = "badbuzz.dlq.handled"
_LETTER: Final = "badbuzz.dlq.letter."
_REPLAY: Final = "badbuzz.dlq.replay."
_HANDLINGS: Final[dict[bytes | None, Handling]] = {b"replayed": "replayed", b"discarded": "discarded"}


@dataclass(frozen=True, slots=True)
class Note:
    """This letter was handled. ``replay`` is where its record was written again."""

    letter: Origin
    handled: Handling
    replay: Origin | None = None


def note_headers(note: Note) -> list[tuple[str, bytes]]:
    """A note as the headers of a record."""
    replay = origin_headers(note.replay, _REPLAY) if note.replay else []
    return [(_HANDLED, note.handled.encode()), *origin_headers(note.letter, _LETTER), *replay]


def note_in(headers: Iterable[tuple[str, bytes | None]]) -> Note | None:
    """Read a note; None if a record is none."""
    told = list(headers)
    handled = _HANDLINGS.get(dict(told).get(_HANDLED))
    letter = origin_in(told, _LETTER)
    if handled is None or letter is None:
        return None
    return Note(letter, handled, origin_in(told, _REPLAY))


def replay_headers(letter: Origin) -> list[tuple[str, bytes]]:
    """What a record that is written again carries: the letter that it comes from."""
    return origin_headers(letter, _LETTER)
