"""Selects dead letters by stage, message, time, partition and offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

    from worker.dead_letters.stored_dead_letter import StoredDeadLetter


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """The conditions that a dead letter must all meet; a condition that is None is ignored.

    ``since_ms`` (inclusive) and ``until_ms`` (exclusive), in milliseconds since 1970, compare with the time the letter
    was written. ``partition`` and ``offsets`` (both ends inclusive) compare with the record that failed.
    """

    stage: str | None = None
    match: re.Pattern[str] | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    partition: int | None = None
    offsets: tuple[int, int | None] | None = None

    def matches(self, letter: StoredDeadLetter) -> bool:
        """Return whether the letter meets all conditions."""
        return (
            (self.stage is None or letter.stage == self.stage)
            and (self.match is None or self.match.search(letter.message) is not None)
            and (self.since_ms is None or letter.written_ms >= self.since_ms)
            and (self.until_ms is None or letter.written_ms < self.until_ms)
            and (self.partition is None or letter.record.partition == self.partition)
            and (self.offsets is None or _is_within(letter.record.offset, *self.offsets))
        )


def _is_within(offset: int, first: int, last: int | None) -> bool:
    return first <= offset and (last is None or offset <= last)
