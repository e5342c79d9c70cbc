"""Latency from Kafka's append to the counters, of each record, at a steady load.

Measured from outside: a loop reads every few milliseconds how far Redis has counted each partition, and the topic has the time
at which each record was appended. The loop's period (a few milliseconds) is part of the figures.
"""

from __future__ import annotations

import subprocess
import threading
import time
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import numpy as np
import redis

from badbuzz.contracts.counters import build_applied_key
from benchmarks.end_to_end.throughput import fill_topic
from benchmarks.harness.subprocesses import measure
from benchmarks.load.topic import read_timestamps
from benchmarks.servers.running import badbuzz

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from benchmarks.report.figures import Json
    from benchmarks.servers.running import Servers

WARM_UP_S = 10.0
"""In a broker's first seconds, Java compiles."""
WARM_UP_TWEETS = 5_000
SAMPLE_S = 0.003
PATIENCE_S = 600.0
QUANTILES = {"p50_ms": 0.5, "p99_ms": 0.99, "p99_9_ms": 0.999}


def measure_latency(servers: Servers, rate: float, seconds: float) -> Json:
    """Send ``rate`` tweets a second to one worker process, after a warm-up; return quantiles in milliseconds."""
    topic = fill_topic(servers, WARM_UP_TWEETS)
    servers.forget_counters()
    command = badbuzz("work", "--health-port", "0")
    worker = subprocess.Popen(command, env=servers.settings(topic.name))  # noqa: S603 - our own
    try:
        with Arrivals(servers.redis_url, topic.name) as arrivals:
            arrivals.await_counted(WARM_UP_TWEETS)
            request = {
                "bootstrap": servers.bootstrap,
                "topic": topic.name,
                "rate": rate,
                "seconds": seconds + WARM_UP_S,
                "data": str(servers.data) if servers.data else None,
            }
            began_ms = time.time() * 1000
            reached = measure("benchmarks.load.send", 1, request)
            appended = read_timestamps(servers.bootstrap, topic.name)
            arrivals.await_counted(sum(map(len, appended)))
    finally:
        worker.terminate()
        worker.wait()
    found = arrivals.latencies(appended, since_ms=began_ms + WARM_UP_S * 1000)
    quantiles = np.quantile(found, list(QUANTILES.values()))
    return {
        "rate": reached,
        "tweets": len(found),
        **dict(zip(QUANTILES, map(float, quantiles), strict=True)),
        "max_ms": float(found.max()),
    }


class Arrivals:
    """Records when the counters of each partition reached which offset."""

    def __init__(self, redis_url: str, topic: str) -> None:
        self._client = redis.Redis.from_url(redis_url)
        self._key = build_applied_key(topic)
        self._seen: dict[int, tuple[list[int], list[float]]] = {}
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="arrivals", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()
        self._client.close()

    def record(self, applied: dict[int, int], now_ms: float) -> None:
        """Record the offset up to which each partition is counted now."""
        for partition, offset in applied.items():
            offsets, times = self._seen.setdefault(partition, ([], []))
            if not offsets or offset > offsets[-1]:
                offsets.append(offset)
                times.append(now_ms)

    def await_counted(self, records: int) -> None:
        """Return when that many records are counted."""
        deadline = time.monotonic() + PATIENCE_S
        while sum(offsets[-1] for offsets, _ in list(self._seen.values())) < records:
            if time.monotonic() > deadline:
                raise SystemExit(f"{records} records were not counted within {PATIENCE_S:.0f} s")
            time.sleep(SAMPLE_S)

    def latencies(
        self, appended: Sequence[Sequence[int]], since_ms: float
    ) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the milliseconds of each record that was appended since then. ``appended``: times by partition and offset."""
        found = [
            max(0.0, times[bisect_right(offsets, offset)] - moment)
            for partition, moments in enumerate(appended)
            for offsets, times in [self._seen.get(partition, ([], []))]
            for offset, moment in enumerate(moments)
            if moment >= since_ms
        ]
        return np.array(found)

    def _poll(self) -> None:
        while not self._closed.wait(SAMPLE_S):
            found: dict[Any, Any] = self._client.hgetall(self._key)
            self.record(
                {int(partition): int(offset) for partition, offset in found.items()}, time.time() * 1000
            )
