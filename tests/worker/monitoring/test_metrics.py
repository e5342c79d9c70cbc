from __future__ import annotations

import inspect
import time

import pytest
from prometheus_client import CollectorRegistry

from badbuzz.contracts.scored_row import Gap
from badbuzz.errors import Retry
from worker.core.observer import WorkerObserver
from worker.followed_model import ModelWatcher
from worker.monitoring.health import Health
from worker.monitoring.metrics import WorkerMetrics


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def metrics(health: Health, registry: CollectorRegistry) -> WorkerMetrics:
    return WorkerMetrics(health, registry)


def test_metrics_implement_the_observers_of_core_and_model(metrics: WorkerMetrics) -> None:
    observer: WorkerObserver = metrics  # mypy checks the rest
    watcher: ModelWatcher = metrics
    for port, real in ((WorkerObserver, observer), (ModelWatcher, watcher)):
        verbs = {name for name, _ in inspect.getmembers(port, inspect.isfunction) if name[0] != "_"}
        assert verbs <= set(dir(real))


@pytest.mark.usefixtures("metrics")
def test_every_metric_has_our_prefix_and_a_description(registry: CollectorRegistry) -> None:
    families = list(registry.collect())
    assert len(families) >= 10
    assert [family.name for family in families if not family.name.startswith("badbuzz_")] == []
    assert [family.name for family in families if not family.documentation.endswith(".")] == []


def test_offsets_lost_to_retention_are_logged(
    metrics: WorkerMetrics, caplog: pytest.LogCaptureFixture
) -> None:
    metrics.on_gap(3, Gap(start=5, end=6, reason="absent"))
    assert caplog.messages == []
    metrics.on_gap(2, Gap(start=10, end=40, reason="retention"))
    (message,) = caplog.messages
    assert message.startswith("partition 2: offsets 10 to 39 are lost: ")


def test_batches_files_gaps_and_letters_are_counted(
    metrics: WorkerMetrics, registry: CollectorRegistry
) -> None:
    metrics.on_scored(100, 0.02)
    metrics.on_scored(50, 0.03)
    metrics.on_published(0, 140, 0.5)
    metrics.on_rejected("decode")
    metrics.on_rejected("decode")
    metrics.on_rejected("score")
    metrics.on_gap(2, Gap(start=10, end=40, reason="retention"))
    metrics.on_refused(0, "chain")
    expected: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {
        ("badbuzz_tweets_scored_total", ()): 150,
        ("badbuzz_score_seconds_count", ()): 2,
        ("badbuzz_score_seconds_sum", ()): 0.05,
        ("badbuzz_files_published_total", ()): 1,
        ("badbuzz_rows_published_total", ()): 140,
        ("badbuzz_publish_seconds_sum", ()): 0.5,
        ("badbuzz_dead_letters_total", (("stage", "decode"),)): 2,
        ("badbuzz_dead_letters_total", (("stage", "score"),)): 1,
        ("badbuzz_gap_offsets_total", (("partition", "2"), ("reason", "retention"))): 30,
        ("badbuzz_superseded_total", (("sink", "chain"),)): 1,
    }
    found = {key: registry.get_sample_value(key[0], dict(key[1])) for key in expected}
    assert found == pytest.approx(expected)


def test_the_time_from_append_to_counter_is_observed(
    metrics: WorkerMetrics, registry: CollectorRegistry
) -> None:
    now_ms = int(time.time() * 1000)
    metrics.on_counted(now_ms - 60_000, late=0, early=0)
    metrics.on_counted(now_ms + 60_000, late=2, early=3)  # a broker whose clock is ahead
    assert registry.get_sample_value("badbuzz_append_to_counter_seconds_count") == 2
    assert registry.get_sample_value("badbuzz_append_to_counter_seconds_bucket", {"le": "0.01"}) == 1
    assert registry.get_sample_value("badbuzz_append_to_counter_seconds_bucket", {"le": "30.0"}) == 1
    assert registry.get_sample_value("badbuzz_tweets_in_no_bucket_total", {"reason": "late"}) == 2
    assert registry.get_sample_value("badbuzz_tweets_in_no_bucket_total", {"reason": "early"}) == 3


def test_the_lag_of_a_revoked_partition_is_removed(
    metrics: WorkerMetrics, registry: CollectorRegistry, health: Health
) -> None:
    metrics.on_group_lag(17)
    assert registry.get_sample_value("badbuzz_group_lag_offsets") == 17
    metrics.on_lags({0: 5, 1: 0})
    metrics.on_lags({1: 3})
    assert registry.get_sample_value("badbuzz_lag_records", {"partition": "0"}) is None
    assert registry.get_sample_value("badbuzz_lag_records", {"partition": "1"}) == 3
    assert health.check_ready() == (True, "ready; partitions: 1 (lag 3)\n")


def test_what_transactions_hold_back_is_removed_with_the_partition(
    metrics: WorkerMetrics, registry: CollectorRegistry
) -> None:
    metrics.on_held_back({0: range(5, 8), 1: range(4, 4)})
    assert registry.get_sample_value("badbuzz_held_back_offsets", {"partition": "0"}) == 3
    assert registry.get_sample_value("badbuzz_held_back_offsets", {"partition": "1"}) == 0
    metrics.on_held_back({1: range(4, 6)})
    assert registry.get_sample_value("badbuzz_held_back_offsets", {"partition": "0"}) is None
    assert registry.get_sample_value("badbuzz_held_back_offsets", {"partition": "1"}) == 2


def test_waiting_is_visible_in_metrics_and_health(
    metrics: WorkerMetrics, registry: CollectorRegistry, health: Health
) -> None:
    metrics.on_lags({})
    metrics.on_waiting(Retry("redis", "refused"))
    assert registry.get_sample_value("badbuzz_waiting", {"dependency": "redis"}) == 1
    assert not health.check_ready()[0]
    metrics.on_resumed("redis")
    assert registry.get_sample_value("badbuzz_waiting", {"dependency": "redis"}) == 0
    assert health.check_ready()[0]


def test_one_model_is_in_use_at_a_time(metrics: WorkerMetrics, registry: CollectorRegistry) -> None:
    metrics.on_model_loaded("tiny:1", "numpy")
    metrics.on_model_loaded("tiny:2", "numpy")
    metrics.on_model_refresh_failed()
    assert registry.get_sample_value("badbuzz_model_info", {"model": "tiny:1", "engine": "numpy"}) is None
    assert registry.get_sample_value("badbuzz_model_info", {"model": "tiny:2", "engine": "numpy"}) == 1
    assert registry.get_sample_value("badbuzz_model_refresh_failures_total") == 1


def test_clocks_are_visible_in_metrics_and_health(
    metrics: WorkerMetrics, registry: CollectorRegistry, health: Health
) -> None:
    metrics.on_lags({})
    metrics.on_clocks({"redis": -600.0, "kafka": 1.0}, are_useful=False)
    assert registry.get_sample_value("badbuzz_clock_ahead_seconds", {"clock": "redis"}) == -600
    assert "redis's clock is 600.0 s behind" in health.check_ready()[1]
    metrics.on_clocks({"redis": 0.0, "kafka": 1.0}, are_useful=True)
    assert registry.get_sample_value("badbuzz_clock_ahead_seconds", {"clock": "redis"}) == 0
    assert health.check_ready()[0]


def test_corrected_timestamps_are_counted_and_logged_once(
    metrics: WorkerMetrics, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    metrics.on_timestamps_corrected(3)
    metrics.on_timestamps_corrected(4)
    assert registry.get_sample_value("badbuzz_timestamps_corrected_total") == 7
    assert len(caplog.messages) == 1
