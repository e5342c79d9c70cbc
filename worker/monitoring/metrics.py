"""The metrics of a worker, each with the meaning of a high value for the operator."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.contracts.scored_row import Gap
    from badbuzz.errors import Retry
    from worker.monitoring.health import Health

log = logging.getLogger(__name__)

LATENCY_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
BATCH_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class WorkerMetrics:
    """The :class:`worker.core.observer.WorkerObserver` that updates Prometheus metrics and :class:`Health`."""

    def __init__(self, health: Health, registry: CollectorRegistry) -> None:
        self._health = health
        differs = Gauge(
            "badbuzz_group_differs",
            "1 if another worker of the group has another folder or Redis, or other brands: results are split; see /readyz.",
            ["setting"],
            registry=registry,
        )
        for name in ("folder", "redis", "brands"):
            differs.labels(name).set_function(partial(_has_disagreement, health, name))
        self._tweets = Counter(
            "badbuzz_tweets_scored",
            "Tweets scored, including those scored again after a takeover.",
            registry=registry,
        )
        self._score_seconds = Histogram(
            "badbuzz_score_seconds",
            "Time to decode, clean and score one micro-batch. High: the worker is short of CPU; add workers.",
            buckets=BATCH_BUCKETS_S,
            registry=registry,
        )
        self._count_latency = Histogram(
            "badbuzz_append_to_counter_seconds",
            "Time from arrival to the counter, for the first record of each slice. High: alerts are late; see the lag.",
            buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )
        self._uncounted = Counter(
            "badbuzz_tweets_in_no_bucket",
            "Tweets dated more than the retention before their arrival (late) or five minutes after it (early). Rising: no rate "
            "includes them; check the producers' dates.",
            ["reason"],
            registry=registry,
        )
        self._corrected = Counter(
            "badbuzz_timestamps_corrected",
            "Records whose CreateTime is impossible or far from their arrival. Rising: a producer's clock or unit is wrong.",
            registry=registry,
        )
        self._clock_ahead = Gauge(
            "badbuzz_clock_ahead_seconds",
            "How far this clock is ahead of the worker's. Beyond 30, or below -30: the counters are not marked as up to date.",
            ["clock"],
            registry=registry,
        )
        self._dead_letters = Counter(
            "badbuzz_dead_letters",
            "Records that could not be processed, by stage. Rising: a producer sends bad records.",
            ["stage"],
            registry=registry,
        )
        self._files = Counter("badbuzz_files_published", "Parquet files published.", registry=registry)
        self._rows = Counter("badbuzz_rows_published", "Rows in published Parquet files.", registry=registry)
        self._publish_seconds = Histogram(
            "badbuzz_publish_seconds",
            "Time to write and publish one file. High: storage is slow.",
            registry=registry,
        )
        self._gap_offsets = Counter(
            "badbuzz_gap_offsets",
            "Offsets that will never be scored, by reason. Reason retention: Kafka deleted tweets before they were scored.",
            ["partition", "reason"],
            registry=registry,
        )
        self._superseded = Counter(
            "badbuzz_superseded",
            "Times a sink refused this worker because another was first. A few at a rebalance are normal.",
            ["sink"],
            registry=registry,
        )
        self._waiting = Gauge(
            "badbuzz_waiting",
            "1 while the worker waits for this dependency.",
            ["dependency"],
            registry=registry,
        )
        self._lag = Gauge(
            "badbuzz_lag_records",
            "Records between the worker and the log's end, the last stable offset. Rising: add workers.",
            ["partition"],
            registry=registry,
        )
        self._group_lag = Gauge(
            "badbuzz_group_lag_offsets",
            "Offsets of the whole topic that are in no file, also of partitions that no worker has begun. The same on each "
            "worker: do not add them up. High while the lag is low: a partition has no worker.",
            registry=registry,
        )
        self._held_back = Gauge(
            "badbuzz_held_back_offsets",
            "Offsets that an open transaction holds back. Never 0: find its producer with kafka-transactions.sh find-hanging.",
            ["partition"],
            registry=registry,
        )
        self._model = Gauge(
            "badbuzz_model_info", "1 for the model version in use.", ["model", "engine"], registry=registry
        )
        self._model_failures = Counter(
            "badbuzz_model_refresh_failures",
            "Times a promoted version could not be loaded; the old one stays in use. See the log for the reason.",
            registry=registry,
        )
        self._lagging: set[int] = set()
        self._has_corrected = False

    def on_turn(self) -> None:
        """The loop turned."""
        self._health.mark_alive()

    def on_scored(self, rows: int, seconds: float) -> None:
        """A micro-batch was scored."""
        self._tweets.inc(rows)
        self._score_seconds.observe(seconds)

    def on_counted(self, oldest_ms: int, *, late: int, early: int) -> None:
        """A slice was counted."""
        self._count_latency.observe(max(0.0, time.time() - oldest_ms / 1000))
        if late:
            self._uncounted.labels("late").inc(late)
        if early:
            self._uncounted.labels("early").inc(early)

    def on_timestamps_corrected(self, records: int) -> None:
        """These many timestamps were not used. Log it once: the metric says how many follow."""
        if not self._has_corrected:
            log.warning(
                "some records' timestamps cannot be their time of arrival: a producer's clock or unit is wrong. Their arrival is "
                "decided from their order; badbuzz_timestamps_corrected_total counts them"
            )
        self._has_corrected = True
        self._corrected.inc(records)

    def on_clocks(self, ahead_s: Mapping[str, float], *, are_useful: bool) -> None:
        """The clocks were compared."""
        for name, seconds in ahead_s.items():
            self._clock_ahead.labels(name).set(seconds)
        self._health.set_clocks(None if are_useful else ahead_s)

    def on_rejected(self, stage: str) -> None:
        """A record became a dead letter."""
        self._dead_letters.labels(stage).inc()

    def on_published(self, partition: int, rows: int, seconds: float) -> None:  # noqa: ARG002 - a series per partition would be too many
        """A segment was published."""
        self._health.mark_alive()  # one turn may publish many segments to a slow storage
        self._files.inc()
        self._rows.inc(rows)
        self._publish_seconds.observe(seconds)

    def on_gap(self, partition: int, gap: Gap) -> None:
        """These offsets will never be scored."""
        self._gap_offsets.labels(partition, gap.reason).inc(gap.end - gap.start)
        if gap.reason == "retention":
            log.warning(
                "partition %d: offsets %d to %d are lost: retention deleted them before they were scored; continuing at %d",
                partition,
                gap.start,
                gap.end - 1,
                gap.end,
            )

    def on_refused(self, partition: int, sink: str) -> None:  # noqa: ARG002 - as above
        """A sink refused us."""
        self._superseded.labels(sink).inc()

    def on_waiting(self, error: Retry) -> None:
        """A dependency is away."""
        self._waiting.labels(error.dependency).set(1)
        self._health.mark_waiting(error)

    def on_resumed(self, dependency: str) -> None:
        """A dependency is back."""
        self._waiting.labels(dependency).set(0)
        self._health.mark_resumed(dependency)

    def on_stuck(self, problem: str) -> None:
        """The worker makes no progress."""
        self._health.mark_stuck(problem)

    def on_held_back(self, held_back: Mapping[int, range]) -> None:
        """Set how much open transactions hold back in each owned partition, and remove the others."""
        self._held_back.clear()
        for partition, offsets in held_back.items():
            self._held_back.labels(partition).set(len(offsets))
        self._health.set_held_back(held_back)

    def on_group_lag(self, offsets: int) -> None:
        """Set the lag of the whole group."""
        self._group_lag.set(offsets)

    def on_lags(self, lags: Mapping[int, int]) -> None:
        """Set the lag of each owned partition, and remove the others."""
        for partition in self._lagging - lags.keys():
            self._lag.remove(partition)
        for partition, lag in lags.items():
            self._lag.labels(partition).set(lag)
        self._lagging = set(lags)
        self._health.set_lags(lags)

    def on_model_loaded(self, name: str, engine: str) -> None:
        """A model version is in use from now on."""
        self._model.clear()
        self._model.labels(name, engine).set(1)

    def on_model_refresh_failed(self) -> None:
        """A promoted version could not be loaded."""
        self._model_failures.inc()


def _has_disagreement(health: Health, name: str) -> float:
    return float(name in health.get_disagreements())
