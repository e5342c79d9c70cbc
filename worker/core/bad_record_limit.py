"""Stops the worker if too many records are bad: a producer is broken, and the whole topic would become dead letters."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from badbuzz.errors import DataRefused


@dataclass(slots=True)
class BadRecordLimit:
    """Limits the share of bad records to ``ratio``, over the last ``window`` records; fewer are not judged."""

    ratio: float
    window: int
    _recent: deque[tuple[int, int]] = field(default_factory=deque)
    _records: int = 0
    _bad: int = 0

    def add_batch(self, records: int, bad: int) -> None:
        """Add a micro-batch.

        :raises DataRefused: if the limit is exceeded.
        """
        self._recent.append((records, bad))
        self._records += records
        self._bad += bad
        while self._records - self._recent[0][0] >= self.window:
            oldest_records, oldest_bad = self._recent.popleft()
            self._records -= oldest_records
            self._bad -= oldest_bad
        if self._records >= self.window and self._bad > self.ratio * self._records:
            raise DataRefused(
                f"{self._bad} of the last {self._records} records are bad, more than BADBUZZ_BATCH__BAD_RATIO "
                f"{self.ratio} allows: a producer is broken. Fix it and skip its records, or raise the ratio; nothing is lost"
            )
