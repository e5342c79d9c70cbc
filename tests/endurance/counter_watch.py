"""Measures, in Redis, for how long the counters of each partition did not advance."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Self

import redis

from badbuzz.contracts.counters import build_applied_key
from tests.endurance.environment import TOPIC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.endurance.environment import Environment

EVERY_S = 0.1


class CounterStalls:
    """The longest time without progress of each partition.

    Counts that are undone and counted again are not progress: a partition makes progress when it passes its highest offset.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._highest: dict[int, int] = {}
        self._moved: dict[int, float] = {}
        self._longest: dict[int, float] = {}

    def add(self, applied: Mapping[int, int], now: float) -> None:
        """Add an observation of the applied offsets."""
        with self._lock:
            for partition, offset in applied.items():
                still = now - self._moved.setdefault(partition, now)
                self._longest[partition] = max(still, self._longest.get(partition, 0.0))
                if offset > self._highest.get(partition, -1):
                    self._highest[partition], self._moved[partition] = offset, now

    def take(self) -> list[float]:
        """Return the longest time without progress of each partition, in seconds, since the last call."""
        with self._lock:
            longest, self._longest = self._longest, {}
            return list(longest.values())


class CounterWatch:
    """Observes the counters on its own thread."""

    def __init__(self, environment: Environment) -> None:
        self.stalls = CounterStalls()
        self._client = redis.Redis.from_url(environment.system.redis_url)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="counters", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()
        self._client.close()

    def _watch(self) -> None:
        while not self._closed.wait(EVERY_S):
            found: Any = self._client.hgetall(build_applied_key(TOPIC))
            self.stalls.add({int(part): int(offset) for part, offset in found.items()}, time.monotonic())
