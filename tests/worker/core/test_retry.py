"""Retries at the start, with one deadline, and retries while the worker runs, which keep the group membership."""

from __future__ import annotations

import logging
import time

import pytest

from badbuzz.errors import DependencyDown, Misconfigured, Retry
from tests.worker.core.simulation import NullObserver
from worker.core import retry
from worker.core.retry import FIRST_DELAY_S, LONGEST_DELAY_S, PollingRetry, StartupRetry, call_with_retry
from worker.source.memory import MemoryTopic
from worker.source.port import Poll


class FailingCall:
    """Raises ``error`` for the first ``failures`` calls."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.failures = failures
        self.attempts = 0
        self._error = error or Retry("redis", "connection refused")

    def __call__(self) -> str:
        self.attempts += 1
        if self.attempts <= self.failures:
            raise self._error
        return "connected"


class Observer(NullObserver):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def on_waiting(self, error: Retry) -> None:
        self.calls.append(f"waiting for {error.dependency}")

    def on_resumed(self, dependency: str) -> None:
        self.calls.append(f"{dependency} is back")


@pytest.fixture(autouse=True)
def _no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "STARTUP_DELAY_S", 0)


def test_wait_gets_each_error_and_may_end_the_retries() -> None:
    dependency, errors = FailingCall(failures=10), list[Retry]()

    def wait(error: Retry) -> None:
        errors.append(error)
        if len(errors) == 3:
            raise DependencyDown("enough")

    with pytest.raises(DependencyDown, match="enough"):
        call_with_retry(dependency, wait)
    assert dependency.attempts == len(errors) == 3


def test_startup_waits_for_a_dependency_that_comes_back_in_time(caplog: pytest.LogCaptureFixture) -> None:
    dependency = FailingCall(failures=3)
    assert StartupRetry(60).call(dependency) == "connected"
    assert dependency.attempts == 4
    assert caplog.messages == ["waiting for redis: connection refused"] * 3


def test_startup_reports_a_dependency_that_stays_away_and_how_long_it_waited() -> None:
    with pytest.raises(DependencyDown, match="redis: connection refused; waited 0 s for it"):
        StartupRetry(0.05).call(FailingCall(failures=10**9))


def test_startup_calls_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    retries = StartupRetry(60)
    now = time.monotonic()
    monkeypatch.setattr("worker.core.retry.time.monotonic", lambda: now + 61)
    with pytest.raises(DependencyDown, match="waited 60 s"):
        retries.call(FailingCall(failures=1))


def test_startup_with_no_time_to_wait_makes_one_attempt() -> None:
    dependency = FailingCall(failures=1)
    with pytest.raises(DependencyDown):
        StartupRetry(0).call(dependency)
    assert dependency.attempts == 1


def test_startup_does_not_retry_an_error_that_waiting_cannot_fix() -> None:
    dependency = FailingCall(failures=1, error=Misconfigured("wrong password"))
    with pytest.raises(Misconfigured, match="wrong password"):
        StartupRetry(60).call(dependency)
    assert dependency.attempts == 1


def test_polling_retry_pauses_the_source_polls_and_resumes(caplog: pytest.LogCaptureFixture) -> None:
    topic = MemoryTopic()
    source, observer, polls = topic.join(), Observer(), list[Poll]()
    source.poll(0, 1)
    source.start_partition(0, 0)
    topic.append(0, b"x", 0)
    with caplog.at_level(logging.WARNING):
        result = PollingRetry(source, observer, polls.append, lambda: None).call(FailingCall(failures=3))
    assert result == "connected"
    assert [poll.records for poll in polls] == [{}] * 3, "paused"
    assert observer.calls == ["waiting for redis"] * 3 + ["redis is back"]
    assert source.poll(0, 1).records, "resumed"


def test_polling_retry_does_not_poll_if_the_first_attempt_succeeds() -> None:
    observer, polls = Observer(), list[Poll]()
    retries = PollingRetry(MemoryTopic().join(), observer, polls.append, lambda: None)
    assert retries.call(FailingCall(failures=0)) == "connected"
    assert (polls, observer.calls) == ([], [])


def test_polling_retry_ends_at_the_deadline_of_a_stop() -> None:
    dependency = FailingCall(failures=10**9)
    retries = PollingRetry(MemoryTopic().join(), Observer(), lambda _: None, lambda: time.monotonic() - 1)
    with pytest.raises(DependencyDown, match="stopped while waiting for redis: connection refused"):
        retries.call(dependency)
    assert dependency.attempts == 1


def test_delays_double_up_to_the_longest() -> None:
    delays = retry._delays()
    expected = FIRST_DELAY_S
    for _ in range(10):
        assert 0.8 * expected <= next(delays) <= 1.2 * expected
        expected = min(2 * expected, LONGEST_DELAY_S)
    assert expected == LONGEST_DELAY_S
