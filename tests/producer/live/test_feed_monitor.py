from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from producer.live.feed_monitor import FeedMonitor
from producer.live.stream import ArrivedTweet, GapFound, KeepAlive, Position

if TYPE_CHECKING:
    import pytest

NOW = 1_780_000_000.0


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> float:
        return NOW + self.passed

    def uptime(self) -> float:
        return self.passed


def monitor_of(
    clock: Clock, quiet_after_s: float = 60, registry: CollectorRegistry | None = None
) -> FeedMonitor:
    return FeedMonitor("bluesky", quiet_after_s, registry, clock.now, clock.uptime)


def tweet(created: float | None = None) -> ArrivedTweet:
    date = None if created is None else datetime.fromtimestamp(created, UTC)
    return ArrivedTweet({"id": "1", "text": "late", "created_at": date})


def test_a_living_source_without_posts_is_told_from_a_dead_one(caplog: pytest.LogCaptureFixture) -> None:
    for last_sign, expected in [
        (55, "the source is alive: it sent a sign of life 6 s ago"),
        (0, "nor any other"),
    ]:
        clock = Clock()
        monitor = monitor_of(clock)
        monitor.observe(tweet())
        clock.passed = last_sign
        monitor.observe(KeepAlive()) if last_sign else None
        clock.passed = 61
        monitor.check()
        monitor.check()
        [line] = caplog.messages
        assert line.startswith("bluesky: no post for 61 s; ")
        assert expected in line
        caplog.clear()


def test_an_absence_logs_two_lines(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    monitor = monitor_of(clock)
    for clock.passed in range(0, 300, 10):
        monitor.check()
    monitor.observe(tweet())
    monitor.observe(tweet())
    monitor.check()
    assert caplog.messages[1:] == ["bluesky: posts arrive again, after 290 s"]
    assert len(caplog.messages) == 2


def test_posts_that_are_not_wanted_count_as_posts(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    monitor = monitor_of(clock)
    clock.passed = 50
    monitor.observe(KeepAlive(Position(1, 1)))
    clock.passed = 100
    monitor.check()
    assert caplog.messages == []


def test_zero_turns_the_warning_off(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    monitor = monitor_of(clock, 0)
    clock.passed = 1e6
    monitor.check()
    assert caplog.messages == []


def test_gaps_are_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    registry = CollectorRegistry()
    monitor = monitor_of(Clock(), registry=registry)
    monitor.observe(GapFound("bluesky", "it does not continue"))
    assert caplog.messages == ["bluesky: it does not continue"]
    assert monitor.gaps == 1
    assert registry.get_sample_value("badbuzz_live_gaps_total", {"source": "bluesky"}) == 1


def test_the_metrics_of_a_source() -> None:
    registry, clock = CollectorRegistry(), Clock()
    monitor = monitor_of(clock, registry=registry)

    def read(name: str) -> float | None:
        return registry.get_sample_value(f"badbuzz_live_{name}", {"source": "bluesky"})

    assert read("last_post_timestamp_seconds") == NOW
    clock.passed = 100
    monitor.observe(tweet(NOW + 30))
    clock.passed = 110
    monitor.observe(KeepAlive())
    assert read("last_post_timestamp_seconds") == NOW + 100
    assert read("last_sign_of_life_timestamp_seconds") == NOW + 110
    assert read("post_delay_seconds") == 70
    assert read("tweets_total") == 1
    monitor.observe(tweet(NOW + 1_000))
    assert read("post_delay_seconds") == 0, "a date in the future is no delay"
