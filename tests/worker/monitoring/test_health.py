from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from badbuzz.errors import Retry
from worker.monitoring.health import HANG_S, OPEN_TRANSACTION_S, SLOW_TURN_S, Health
from worker.monitoring.metrics import WorkerMetrics


class FakeClock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def health(clock: FakeClock) -> Health:
    return Health(clock)


def test_a_starting_worker_is_alive_but_not_ready(health: Health) -> None:
    assert health.check_alive() == (True, "alive\n")
    assert health.check_ready() == (False, "starting\n")


def test_a_worker_with_partitions_is_ready_and_reports_their_lags(health: Health) -> None:
    health.set_lags({2: 7, 0: 0})
    assert health.check_ready() == (True, "ready; partitions: 0 (lag 0), 2 (lag 7)\n")


def test_a_transaction_that_stays_open_is_reported_once(
    health: Health, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    health.set_lags({0: 0, 1: 0})
    for end in range(7, 60):
        health.set_held_back({0: range(5, end), 1: range(end, 60)})
        clock.now += OPEN_TRANSACTION_S / 20
        health.mark_alive()
    [warning] = caplog.messages
    assert warning.startswith(
        "partition 0: offsets from 5 on wait for a transaction that has been open for 300 s;"
    )
    assert "0 (lag 0, 54 held back by an open transaction), 1 (lag 0, 1 held" in health.check_ready()[1]
    health.set_held_back({0: range(60, 60)})
    assert health.check_ready() == (True, "ready; partitions: 0 (lag 0), 1 (lag 0)\n")


def test_a_worker_without_partitions_is_ready(health: Health) -> None:
    health.set_lags({})
    assert health.check_ready() == (True, "ready; partitions: none, others have them all\n")


def test_a_hanging_loop_is_neither_alive_nor_ready(health: Health, clock: FakeClock) -> None:
    health.set_lags({0: 0})
    clock.now += HANG_S
    assert health.check_alive()[0]
    clock.now += 1
    assert health.check_alive() == (False, "the loop has not turned for 121 s\n")
    assert health.check_ready() == health.check_alive()
    health.mark_alive()
    assert health.check_ready()[0]


def test_a_slow_loop_is_alive_but_not_ready(health: Health, clock: FakeClock) -> None:
    health.set_lags({0: 0})
    clock.now += SLOW_TURN_S
    assert health.check_ready()[0]
    clock.now += 1
    assert health.check_alive()[0]
    assert health.check_ready() == (False, "the loop has not turned for 6 s\n")
    health.mark_alive()
    assert health.check_ready()[0]


def test_a_turn_that_publishes_many_files_to_a_slow_storage_is_alive(
    health: Health, clock: FakeClock
) -> None:
    metrics = WorkerMetrics(health, CollectorRegistry())
    for partition in range(12):
        clock.now += HANG_S / 8
        metrics.on_published(partition, 100, HANG_S / 8)
    assert health.check_alive()[0]


def test_a_loop_without_progress_is_not_alive(health: Health) -> None:
    health.set_lags({0: 7})
    health.mark_stuck("partition 0 stands")
    health.mark_alive()
    assert health.check_alive() == (False, "partition 0 stands\n")
    assert health.check_ready() == health.check_alive()


def test_a_waiting_worker_is_alive_but_not_ready(health: Health, clock: FakeClock) -> None:
    health.set_lags({0: 0})
    for _ in range(10):
        clock.now += HANG_S - 1
        health.mark_waiting(Retry("redis", "connection refused"))
    assert health.check_alive()[0]
    assert health.check_ready() == (False, "waiting for redis: connection refused\n")
    health.mark_resumed("redis")
    assert health.check_ready()[0]


def test_each_absent_dependency_is_reported_with_its_latest_error(health: Health) -> None:
    health.mark_waiting(Retry("redis", "loading"))
    health.mark_waiting(Retry("storage", "full"))
    health.mark_waiting(Retry("redis", "refused"))
    assert health.check_ready() == (False, "waiting for redis: refused\nwaiting for storage: full\n")
    health.mark_resumed("storage")
    assert health.check_ready() == (False, "waiting for redis: refused\n")


def test_the_beginning_and_the_end_of_a_wait_are_logged_once(
    health: Health, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        health.mark_waiting(Retry("redis", "refused"))
    health.mark_resumed("redis")
    health.mark_resumed("redis")
    assert caplog.messages == ["waiting for redis: refused", "redis is back"]


def test_useless_clocks_make_a_worker_unready_and_are_logged_at_the_change(
    health: Health, caplog: pytest.LogCaptureFixture
) -> None:
    health.set_lags({0: 0})
    for ahead_s in (7_200.0, 7_201.0):
        health.set_clocks({"redis": ahead_s, "kafka": -0.25})
    is_ready, reason = health.check_ready()
    assert not is_ready
    assert (
        "redis's clock is 7201.0 s ahead of this worker's; kafka's clock is 0.2 s behind this worker's"
        in reason
    )
    assert health.check_alive()[0]
    health.set_clocks(None)
    assert health.check_ready()[0]
    assert len(caplog.messages) == 2
    assert caplog.messages[0].startswith("redis's clock is 7200.0 s ahead of this worker's")
    assert caplog.messages[1] == "the clocks agree again: the counters are marked as up to date"
