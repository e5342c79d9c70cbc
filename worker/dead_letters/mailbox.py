"""All letters about one topic's records, with what became of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from worker.dead_letters.letters import CONNECT, Letter, named_origin
from worker.dead_letters.notes import note_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from worker.dead_letters.letters import Handling, Origin
    from worker.source.log import LogReader


class Found(Protocol):
    """A record of the dead-letter topic, as kafka-python gives it."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The letters that were asked for, oldest first. ``foreign`` counts records that are no letters about this topic."""

    letters: tuple[Letter, ...]
    foreign: int


def read_mailbox(
    log: LogReader, dead_letter_topic: str, topic: str, wanted: Callable[[Letter], bool]
) -> Mailbox:
    """Read the dead-letter topic from start to end; an absent one has no letters. Memory holds the wanted letters.

    :raises Retry: if no broker answers.
    :raises Misconfigured: if the broker refuses us.
    """
    starts = log.fetch_start_offsets(log.list_partitions(dead_letter_topic))
    return fold(log.read_to_end(starts), topic, wanted)


def fold(records: Iterable[Found], topic: str, wanted: Callable[[Letter], bool]) -> Mailbox:
    """Put letters and notes together. A letter that was sent twice is shown as it was sent first."""
    letters: dict[Origin, Letter] = {}
    handled: dict[Origin, Handling] = {}
    replays: dict[Origin, Origin] = {}
    foreign = 0
    for record in records:
        if note := note_in(record.headers):
            handled[note.letter] = note.handled
            if note.replay:
                replays[note.replay] = note.letter
        elif (letter := _letter(record)) is None or letter.origin.topic != topic:
            foreign += 1
        elif wanted(letter):
            letters.setdefault(letter.origin, letter)
    known = (
        replace(letter, handled=handled.get(origin), replay_of=replays.get(origin))
        for origin, letter in letters.items()
    )
    return Mailbox(tuple(sorted(known, key=lambda letter: (letter.written_ms, letter.origin))), foreign)


def _letter(record: Found) -> Letter | None:
    origin = named_origin(record.headers)
    if origin is None:
        return None
    told = dict(record.headers)
    return Letter(
        origin=origin,
        stage=(told.get(f"{CONNECT}stage") or b"?").decode(errors="replace"),
        message=(told.get(f"{CONNECT}exception.message") or b"").decode(errors="replace"),
        written_ms=record.timestamp,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
    )
