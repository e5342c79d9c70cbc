"""Notices a worker that is alive, connected, and gets nowhere: whatever the reason, a restart is the remedy.

Nothing that the consumer knows by itself can be trusted here, since a consumer that has lost its thread believes that nothing
waits. So the broker is asked, every few seconds.
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
"""As long as the group does not count us in: readiness is to be noticed soon."""
STALLED_PARTITION_S: Final = 120.0
"""Longer than any rebalance, file or batch takes; shorter than the patience of whoever waits for an alarm. Time spent waiting
for a dependency does not count."""
OUTSIDE_GROUP_S: Final = 300.0
"""A rebalance waits for its slowest member; one that hangs is ended by its own watchdog, and others must not follow it."""


class StallDetector:
    """Looks whether each partition that is ours, and has records waiting, moves."""

    def __init__(self, source: Source, observer: WorkerObserver, clock: Callable[[], float]) -> None:
        self._source = source
        self._observer = observer
        self._clock = clock
        self._last_check = self._next_check = clock()
        self._positions: Mapping[int, int] = {}
        self._still_s: dict[int, float] = {}
        self._outside_s = 0.0
        self._away: str | None = None
        self.owned: frozenset[int] | None = None
        """What the group gave us, when we last looked; None if it does not count us in."""

    def check(self, positions: Mapping[int, int]) -> None:
        """Take note of how far we are in each partition that we work on; ask the broker now and then."""
        now = self._clock()
        if now < self._next_check:
            return
        since_s = min(now - self._last_check, CHECK_INTERVAL_S)  # the rest was spent waiting
        self._last_check = now
        try:
            lags = self._source.fetch_lags()
        except Retry as error:
            self._away = error.dependency
            self._observer.on_waiting(error)
        else:
            self._report_broker_back()
            self._find_stalls(lags, positions, since_s)
        self._next_check = now + (OUTSIDE_CHECK_INTERVAL_S if self.owned is None else CHECK_INTERVAL_S)

    def _report_broker_back(self) -> None:
        if self._away:
            self._observer.on_resumed(self._away)
            self._away = None

    def _find_stalls(
        self, lags: Mapping[int, int] | None, positions: Mapping[int, int], since_s: float
    ) -> None:
        self.owned = None if lags is None else frozenset(lags)
        self._outside_s = self._outside_s + since_s if lags is None else 0.0
        if self._outside_s >= OUTSIDE_GROUP_S:
            self._observer.on_stuck(
                f"no member of the group for {self._outside_s:.0f} s, though the broker answers"
            )
        waiting = {number: lag for number, lag in (lags or {}).items() if lag}
        self._still_s = {
            number: self._still_s.get(number, 0.0) + since_s
            for number in waiting
            # Or it was nowhere, and still is: given to us by the group, and never begun.
            if positions.get(number) == self._positions.get(number)
        }
        self._positions = dict(positions)
        for number, seconds in self._still_s.items():
            if seconds >= STALLED_PARTITION_S:
                self._observer.on_stuck(
                    f"partition {number} stands at offset {positions.get(number, 'unknown')} for {seconds:.0f} s, "
                    f"with {waiting[number]} records waiting"
                )
