"""When bad records are too many: then a producer is broken, and going on would drain a topic into the dead letters."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from badbuzz.errors import DataRefused


@dataclass(slots=True)
class BadRecordLimit:
    """Watches the share of bad records among the last ``window`` ones; fewer than that prove nothing."""

    ratio: float
    window: int
    _recent: deque[tuple[int, int]] = field(default_factory=deque)
    _records: int = 0
    _bad: int = 0

    def note(self, records: int, bad: int) -> None:
        """Take note of a micro-batch.

        :raises DataRefused: if that is too much.
        """
        self._add(records, bad)
        while self._records - self._recent[0][0] >= self.window:
            oldest_records, oldest_bad = self._recent.popleft()
            self._records -= oldest_records
            self._bad -= oldest_bad
        if self._records >= self.window and self._bad > self.ratio * self._records:
            raise DataRefused(
                f"{self._bad} of the last {self._records} records are bad, more than BADBUZZ_BATCH__BAD_RATIO "
                f"{self.ratio} allows: a producer is broken. Mend it and skip what it sent, or raise the ratio; nothing is lost"
            )

    def _add(self, records: int, bad: int) -> None:
        self._recent.append((records, bad))
        self._records += records
        self._bad += bad
