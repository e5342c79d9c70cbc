"""Which letters are meant: by stage, reason, time, partition and offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

    from worker.dead_letters.stored_dead_letter import StoredDeadLetter


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """What a letter must fulfil, all of it; None asks for nothing.

    ``since_ms`` and ``until_ms`` (milliseconds since 1970, the latter excluded) are about when the letter was written;
    ``partition`` and ``offsets`` (the last one included) are those of the record that it is about.
    """

    stage: str | None = None
    match: re.Pattern[str] | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    partition: int | None = None
    offsets: tuple[int, int | None] | None = None

    def matches(self, letter: StoredDeadLetter) -> bool:
        """Whether this letter is meant."""
        return (
            (self.stage is None or letter.stage == self.stage)
            and (self.match is None or self.match.search(letter.message) is not None)
            and (self.since_ms is None or letter.written_ms >= self.since_ms)
            and (self.until_ms is None or letter.written_ms < self.until_ms)
            and (self.partition is None or letter.record.partition == self.partition)
            and (self.offsets is None or _within(letter.record.offset, *self.offsets))
        )


def _within(offset: int, first: int, last: int | None) -> bool:
    return first <= offset and (last is None or offset <= last)
