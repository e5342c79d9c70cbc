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
    from worker.source.port import ReadProgress, Source

CHECK_INTERVAL_S: Final = 10.0
OUTSIDE_CHECK_INTERVAL_S: Final = 1.0
"""The interval while we are outside the group: short, so that readiness is noticed soon."""
STALLED_PARTITION_S: Final = 120.0
"""How long a lagging partition may stay at one offset: longer than any rebalance, file or batch takes. Time spent waiting for a
dependency does not count."""
NOWHERE: Final = -1
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
        self._reached: Mapping[int, tuple[int | None, int]] = {}
        self._stalled_s: dict[int, float] = {}
        self._outside_s = 0.0
        self._dependency_away: str | None = None
        self.owned: frozenset[int] | None = None
        """Our partitions at the last check; None if we were outside the group."""

    def check(self, positions: Mapping[int, int]) -> Mapping[int, ReadProgress]:
        """Compare the positions of owned partitions with those of the last check, and return the progress that was fetched.

        Return nothing, and do nothing, until the next check is due.
        """
        now = self._clock()
        if now < self._next_check:
            return {}
        since_s = min(now - self._last_check, CHECK_INTERVAL_S)  # the rest was spent on retries
        self._last_check = now
        progress: Mapping[int, ReadProgress] | None = None
        try:
            progress = self._source.fetch_progress()
            self._observer.on_group_lag(self._source.fetch_group_lag())
        except Retry as error:
            self._dependency_away = error.dependency
            self._observer.on_waiting(error)
        else:
            if self._dependency_away:
                self._observer.on_resumed(self._dependency_away)
                self._dependency_away = None
            self._find_stalls(progress, positions, since_s)
        self._next_check = now + (OUTSIDE_CHECK_INTERVAL_S if self.owned is None else CHECK_INTERVAL_S)
        return progress or {}

    def _find_stalls(
        self, progress: Mapping[int, ReadProgress] | None, positions: Mapping[int, int], since_s: float
    ) -> None:
        self.owned = None if progress is None else frozenset(progress)
        self._outside_s = self._outside_s + since_s if progress is None else 0.0
        if self._outside_s >= OUTSIDE_GROUP_S:
            self._observer.on_stuck(
                f"not a member of the group for {self._outside_s:.0f} s, although the broker answers"
            )
        lagging = {number: found for number, found in (progress or {}).items() if found.lag}
        # The position is None if the group gave us the partition and it was never started.
        reached = {
            number: self._advance(number, positions.get(number), found) for number, found in lagging.items()
        }
        self._stalled_s = {
            number: self._stalled_s.get(number, 0.0) + since_s
            for number in lagging
            if reached[number] == self._reached.get(number, (None, NOWHERE))
        }
        self._reached = reached
        for number, seconds in self._stalled_s.items():
            if seconds >= STALLED_PARTITION_S:
                self._observer.on_stuck(
                    f"partition {number} has not moved from offset {positions.get(number, 'unknown')} for {seconds:.0f} s, "
                    f"with a lag of {lagging[number].lag} records"
                )

    def _advance(self, number: int, position: int | None, progress: ReadProgress) -> tuple[int | None, int]:
        """Return the worker's position, and how far the source has read from there.

        An aborted transaction of millions of records moves only the source. One that reads the same records again and again has
        not moved.
        """
        if position is None:
            return None, NOWHERE
        before, furthest = self._reached.get(number, (None, NOWHERE))
        return position, max(progress.position, furthest) if position == before else progress.position
