"""Reads the state of the running system from outside: the counters in Redis and the workers' metrics."""

from __future__ import annotations

import time
import urllib.request
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from prometheus_client.parser import text_string_to_metric_families

from badbuzz.contracts.counters import ALL_BRANDS
from badbuzz.errors import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from badbuzz.clients.rates import BrandRate

WINDOW_S: Final = 20
"""Short enough to show the crisis begin and end, and longer than the pauses of processes on a busy machine."""

_SPEED_WINDOW_S: Final = 3.0
_TIMEOUT_S: Final = 2.0

_SCORED: Final = "badbuzz_tweets_scored_total"
_LAG: Final = "badbuzz_lag_records"
_LATENCY_SUM: Final = "badbuzz_append_to_counter_seconds_sum"
_LATENCY_COUNT: Final = "badbuzz_append_to_counter_seconds_count"


class RateSource(Protocol):
    """The source of rates: :class:`badbuzz.clients.rates.RateReader`."""

    def read(self, brands: Iterable[str], windows: Sequence[int]) -> list[BrandRate]:
        """Return the rates of each brand over each window, in seconds."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state at one moment.

    ``elapsed_s`` counts from the first tweet, ``lag`` is in records, ``latency_s`` is the mean time from Kafka's append
    to the counters since the last snapshot. ``rates`` begin with that of all tweets and are empty until one is counted.
    """

    elapsed_s: float
    tweets_per_second: float
    scored: int
    lag: int
    latency_s: float | None
    rates: tuple[BrandRate, ...]


class SnapshotReader:
    """Takes snapshots of the running system.

    :param metrics: the URL of each worker's metrics.
    """

    def __init__(
        self,
        rates: RateSource,
        brands: Sequence[str],
        metrics: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rates = rates
        self._brands = (ALL_BRANDS, *brands)
        self._metrics = metrics
        self._clock = clock
        self._start: float | None = None
        self._seen = deque([(clock(), 0)])
        self._latency = (0.0, 0.0)
        self._latest: list[_Samples] = [[] for _ in metrics]

    def take_snapshot(self) -> Snapshot:
        """Read the current state. If a worker is too busy to answer, its figures are those of the last snapshot."""
        samples = [_scrape(url) or before for url, before in zip(self._metrics, self._latest, strict=True)]
        self._latest = samples
        now, scored = self._clock(), int(_sum(samples, _SCORED))
        if self._start is None and scored:
            self._start = now
        self._seen.append((now, scored))
        while now - self._seen[1][0] > _SPEED_WINDOW_S:
            self._seen.popleft()
        since, before = self._seen[0]
        return Snapshot(
            elapsed_s=0.0 if self._start is None else now - self._start,
            tweets_per_second=(scored - before) / (now - since) if now > since else 0.0,
            scored=scored,
            lag=int(_sum(samples, _LAG)),
            latency_s=self._mean_latency(samples),
            rates=self._read_rates(),
        )

    def _mean_latency(self, samples: list[_Samples]) -> float | None:
        total, count = _sum(samples, _LATENCY_SUM), _sum(samples, _LATENCY_COUNT)
        total_before, count_before = self._latency
        self._latency = (total, count)
        return (total - total_before) / (count - count_before) if count > count_before else None

    def _read_rates(self) -> tuple[BrandRate, ...]:
        try:
            return tuple(self._rates.read(self._brands, [WINDOW_S]))
        except Retry:  # nothing is counted yet
            return ()


_Samples = list[tuple[str, float]]


def _scrape(url: str) -> _Samples | None:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - our own worker's address
            text = answer.read().decode()
    except OSError:
        return None
    return [
        (sample.name, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]


def _sum(samples: list[_Samples], name: str) -> float:
    return sum(value for worker in samples for found, value in worker if found == name)
