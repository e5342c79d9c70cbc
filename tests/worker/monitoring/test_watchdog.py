from __future__ import annotations

import queue
from typing import TYPE_CHECKING

from worker.monitoring.health import HANG_S, Health
from worker.monitoring.watchdog import Watchdog

if TYPE_CHECKING:
    import pytest

SOON_S = 10


def test_a_hanging_worker_is_ended_after_a_dump_of_all_stacks(capfd: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    ended: queue.Queue[int] = queue.Queue()
    watchdog = Watchdog(Health(lambda: now[0]), interval_s=0.01, end=ended.put)
    assert ended.empty()
    now[0] = HANG_S + 1
    assert ended.get(timeout=SOON_S) == 70
    watchdog.close()
    assert "test_a_hanging_worker_is_ended_after_a_dump_of_all_stacks" in capfd.readouterr().err


def test_a_worker_without_progress_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    ended: queue.Queue[int] = queue.Queue()
    health = Health()
    watchdog = Watchdog(health, interval_s=0.01, end=ended.put)
    health.mark_stuck("partition 3 has not moved from offset 17")
    assert ended.get(timeout=SOON_S) == 70
    watchdog.close()
    assert "partition 3 has not moved from offset 17; every thread's stack follows" in caplog.text


def test_a_working_worker_is_not_ended() -> None:
    now = [0.0]
    ended: queue.Queue[int] = queue.Queue()
    health = Health(lambda: now[0])
    watchdog = Watchdog(health, interval_s=0.01, end=ended.put)
    for _ in range(10):
        now[0] += HANG_S - 1
        health.mark_alive()
    watchdog.close()
    assert ended.empty()
