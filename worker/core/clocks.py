"""Compares the clocks of the worker, of Redis and of Kafka. A clock that is off by more than ``BOUND_MS`` is useless.

Buckets expire by Redis's clock, readers ask by Redis's clock, and events are counted by the time at which records arrived. If
the clocks disagree, a window shows no tweets although many arrived. The counters are then not marked as up to date.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from worker.core.observer import WorkerObserver
    from worker.counters.port import CounterSink

BOUND_MS: Final = 30_000


class HostClock(NamedTuple):
    """The clocks of this machine: one for periods, and the time of day, in seconds since 1970."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time


HOST_CLOCK: Final = HostClock()


class Clocks:
    """The worker's clock, and how far Redis's clock is ahead of it. ``wall_clock`` returns seconds since 1970."""

    def __init__(self, counters: CounterSink, wall_clock: Callable[[], float]) -> None:
        self._counters = counters
        self._wall_clock = wall_clock
        self._redis_ahead_ms = 0

    def now_ms(self) -> int:
        """Return the time, in milliseconds since 1970: ours or, if our clock is useless and ahead, Redis's.

        Arrivals and days that are too late cannot be taken back, so the earlier clock is used.
        """
        own = int(self._wall_clock() * 1000)
        return own + self._redis_ahead_ms if self._redis_ahead_ms < -BOUND_MS else own

    def compare(self) -> int:
        """Fetch the time of Redis, compare it with ours, and return it.

        :raises Retry: if Redis is away.
        """
        before = int(self._wall_clock() * 1000)
        redis_ms = self._counters.fetch_clock_ms()
        after = int(self._wall_clock() * 1000)
        self._redis_ahead_ms = redis_ms - min(max(redis_ms, before), max(before, after))
        return redis_ms

    def agree(self, kafka_ahead_ms: int) -> bool:
        """Return whether the clocks of Redis and of a partition's broker agree with ours."""
        return abs(self._redis_ahead_ms) <= BOUND_MS and abs(kafka_ahead_ms) <= BOUND_MS

    def report(self, observer: WorkerObserver, kafka_ahead_ms: Iterable[int]) -> None:
        """Report by how many seconds each clock is ahead of ours; of several brokers, the one that is off most."""
        kafka_ms = max(kafka_ahead_ms, key=abs, default=0)
        observer.on_clocks(
            {"redis": self._redis_ahead_ms / 1000, "kafka": kafka_ms / 1000}, are_useful=self.agree(kafka_ms)
        )
