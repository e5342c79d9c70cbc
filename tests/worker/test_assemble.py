"""Patience at the start. What :func:`worker.assemble.assemble` builds is tested whole, in test_work.py."""

from __future__ import annotations

import pytest

from badbuzz.errors import DependencyDown, Misconfigured, Retry
from worker import assemble


class Dependency:
    """Away for so many attempts, then back."""

    def __init__(self, away: int, error: Exception | None = None) -> None:
        self.away = away
        self.attempts = 0
        self._error = error or Retry("redis", "connection refused")

    def __call__(self) -> str:
        self.attempts += 1
        if self.attempts <= self.away:
            raise self._error
        return "connected"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemble, "RETRY_S", 0)


def test_what_comes_back_in_time_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    dependency = Dependency(away=3)
    assert assemble._Patience(60).insist(dependency) == "connected"
    assert dependency.attempts == 4
    assert caplog.messages == ["waiting for redis: connection refused"] * 3


def test_what_stays_away_is_told_with_how_long_we_waited() -> None:
    with pytest.raises(DependencyDown, match="redis: connection refused; waited 0 s for it"):
        assemble._Patience(0.05).insist(Dependency(away=10**9))


def test_without_patience_there_is_one_attempt() -> None:
    dependency = Dependency(away=1)
    with pytest.raises(DependencyDown):
        assemble._Patience(0).insist(dependency)
    assert dependency.attempts == 1


def test_what_waiting_cannot_help_is_not_waited_for() -> None:
    dependency = Dependency(away=1, error=Misconfigured("wrong password"))
    with pytest.raises(Misconfigured, match="wrong password"):
        assemble._Patience(60).insist(dependency)
    assert dependency.attempts == 1
