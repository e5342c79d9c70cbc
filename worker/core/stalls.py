"""Detects a worker that runs and is connected but makes no progress. A restart is the remedy for any cause.

The consumer's own state is not used, because a consumer whose thread has failed reports no lag. Lags are fetched from the broker
every few seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from badbuzz.errors import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from worker.core.observer import WorkerObserver
    from worker.source.port import Source

CHECK_INTERVAL_S: Final = 10.0
OUTSIDE_CHECK_INTERVAL_S: Final = 1.0
"""The interval while we are outside the group: short, so that readiness is noticed soon."""
STALLED_PARTITION_S: Final = 120.0
"""How long a lagging partition may stay at one offset: longer than any rebalance, file or batch takes. Time spent waiting for a
dependency does not count."""
OUTSIDE_GROUP_S: Final = 300.0
"""How long a worker may stay outside the group. A rebalance waits for its slowest member. If that one hangs, its watchdog
ends it; the other workers must not end as well."""


class StallDetector:
    """Reports partitions that are ours, have lag and do not move, and a worker that stays outside the group."""

    def __init__(self, source: Source, observer: WorkerObserver, clock: Callable[[], float]) -> None:
        self._source = source
        self._observer = observer
        self._clock = clock
        self._last_check = self._next_check = clock()
        self._positions: Mapping[int, int] = {}
        self._stalled_s: dict[int, float] = {}
        self._outside_s = 0.0
        self._dependency_away: str | None = None
        self.owned: frozenset[int] | None = None
        """Our partitions at the last check; None if we were outside the group."""

    def check(self, positions: Mapping[int, int]) -> Mapping[int, int]:
        """Compare the positions of owned partitions with those of the last check, and return the lags that were fetched.

        Return no lags, and do nothing, until the next check is due.
        """
        now = self._clock()
        if now < self._next_check:
            return {}
        since_s = min(now - self._last_check, CHECK_INTERVAL_S)  # the rest was spent on retries
        self._last_check = now
        lags: Mapping[int, int] | None = None
        try:
            lags = self._source.fetch_lags()
        except Retry as error:
            self._dependency_away = error.dependency
            self._observer.on_waiting(error)
        else:
            if self._dependency_away:
                self._observer.on_resumed(self._dependency_away)
                self._dependency_away = None
            self._find_stalls(lags, positions, since_s)
        self._next_check = now + (OUTSIDE_CHECK_INTERVAL_S if self.owned is None else CHECK_INTERVAL_S)
        return lags or {}

    def _find_stalls(
        self, lags: Mapping[int, int] | None, positions: Mapping[int, int], since_s: float
    ) -> None:
        self.owned = None if lags is None else frozenset(lags)
        self._outside_s = self._outside_s + since_s if lags is None else 0.0
        if self._outside_s >= OUTSIDE_GROUP_S:
            self._observer.on_stuck(
                f"not a member of the group for {self._outside_s:.0f} s, although the broker answers"
            )
        lagging = {number: lag for number, lag in (lags or {}).items() if lag}
        self._stalled_s = {
            number: self._stalled_s.get(number, 0.0) + since_s
            for number in lagging
            # Both are None if the group gave us the partition and it was never started.
            if positions.get(number) == self._positions.get(number)
        }
        self._positions = dict(positions)
        for number, seconds in self._stalled_s.items():
            if seconds >= STALLED_PARTITION_S:
                self._observer.on_stuck(
                    f"partition {number} has not moved from offset {positions.get(number, 'unknown')} for {seconds:.0f} s, "
                    f"with a lag of {lagging[number]} records"
                )
