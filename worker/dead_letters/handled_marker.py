"""Markers: records in the dead-letter topic which say that a dead letter was replayed or discarded.

A topic is append-only, so a letter itself cannot be changed. A marker has an empty value and these headers::

    badbuzz.dlq.handled                            replayed | discarded
    badbuzz.dlq.letter.topic, .partition, .offset  the letter, identified by the record that failed
    badbuzz.dlq.replay.topic, .partition, .offset  where the record was written again, if it was replayed

It has none of Kafka Connect's headers, so that no tool takes it for a dead letter. Neither the order in which letters
and markers are read nor duplicates of them matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from worker.dead_letters.stored_dead_letter import build_position_headers, read_position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from worker.dead_letters.stored_dead_letter import HandledAs, RecordPosition

_HANDLED: Final = "badbuzz.dlq.handled"
_LETTER: Final = "badbuzz.dlq.letter."
_REPLAY: Final = "badbuzz.dlq.replay."
_HANDLED_AS: Final[dict[bytes | None, HandledAs]] = {b"replayed": "replayed", b"discarded": "discarded"}


@dataclass(frozen=True, slots=True)
class HandledMarker:
    """Says that the dead letter about ``letter`` was handled. ``replay`` is where its record was written again."""

    letter: RecordPosition
    handled: HandledAs
    replay: RecordPosition | None = None


def build_marker_headers(marker: HandledMarker) -> list[tuple[str, bytes]]:
    """Return a marker as the headers of a record."""
    replay = build_position_headers(marker.replay, _REPLAY) if marker.replay else []
    return [(_HANDLED, marker.handled.encode()), *build_position_headers(marker.letter, _LETTER), *replay]


def read_marker(headers: Iterable[tuple[str, bytes | None]]) -> HandledMarker | None:
    """Read a marker from a record's headers; None if the record is not a marker."""
    values = list(headers)
    handled = _HANDLED_AS.get(dict(values).get(_HANDLED))
    letter = read_position(values, _LETTER)
    if handled is None or letter is None:
        return None
    return HandledMarker(letter, handled, read_position(values, _REPLAY))


def build_replay_headers(letter: RecordPosition) -> list[tuple[str, bytes]]:
    """Return the headers of a replayed record: they name the dead letter that it comes from."""
    return build_position_headers(letter, _LETTER)
