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
    _remembered: set[int] = field(default_factory=set)

    def remember(self, partition: int, good: int, bad: int) -> None:
        """Add what another run of a worker did last in a partition, so that a restart does not forget a broken producer.

        A partition is remembered once.
        """
        if partition not in self._remembered:
            self._remembered.add(partition)
            self._add(good + bad, bad)

    def add_batch(self, records: int, bad: int) -> None:
        """Add a micro-batch, in which ``bad`` of ``records`` are bad. A batch without bad records never exceeds the limit.

        :raises DataRefused: if the limit is exceeded.
        """
        self._add(records, bad)
        if bad and self._records >= self.window and self._bad > self.ratio * self._records:
            raise DataRefused(
                f"{self._bad} of the last {self._records} records are bad, more than BADBUZZ_BATCH__BAD_RATIO "
                f"{self.ratio} allows: a producer is broken, or the model cannot score its tweets (`badbuzz dlq show` has the "
                "reasons). Fix it and skip its records, or raise the ratio; nothing is lost"
            )

    def _add(self, records: int, bad: int) -> None:
        if not records:
            return
        self._recent.append((records, bad))
        self._records += records
        self._bad += bad
        while self._records - self._recent[0][0] >= self.window:
            oldest_records, oldest_bad = self._recent.popleft()
            self._records -= oldest_records
            self._bad -= oldest_bad
