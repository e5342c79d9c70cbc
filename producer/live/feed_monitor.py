"""Tells a quiet source from a dead one: when the last post and the last sign of life arrived, as metrics and as a warning."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge

from producer.live.stream import ArrivedTweet, GapFound, KeepAlive

if TYPE_CHECKING:
    from collections.abc import Callable

    from producer.live.stream import Event

_log = logging.getLogger(__name__)


class FeedMonitor:
    """Observes the events of one source. Events and checks may come from different threads.

    :param quiet_after_s: log a line when no post has arrived for this long, and one when posts arrive again; 0 for never.
    """

    def __init__(
        self,
        source: str,
        quiet_after_s: float,
        registry: CollectorRegistry | None = None,
        now: Callable[[], float] = time.time,
        uptime: Callable[[], float] = time.monotonic,
    ) -> None:
        self.gaps = 0
        self._source = source
        self._quiet_after_s = quiet_after_s
        self._now = now
        self._uptime = uptime
        self._last_post = self._last_sign = uptime()
        self._quiet_since: float | None = None
        registry = registry or CollectorRegistry()
        self._post_time = self._make_gauge(
            registry, "last_post_timestamp_seconds",
            "Unix time at which the last post arrived, wanted or not, or the start. Old: the source is quiet or dead.",
        )  # fmt: skip
        self._sign_time = self._make_gauge(
            registry, "last_sign_of_life_timestamp_seconds",
            "Unix time at which the source last sent anything, such as a keep-alive or a pong. Old: the connection is dead.",
        )  # fmt: skip
        self._delay = self._make_gauge(
            registry, "post_delay_seconds",
            "Age of the last tweet when it arrived, by its own date. High: the source is late, or sends what was missed.",
        )  # fmt: skip
        self._tweets = Counter(
            "badbuzz_live_tweets", "Tweets that arrived.", ["source"], registry=registry
        ).labels(source)
        self._gaps = Counter(
            "badbuzz_live_gaps",
            "Times the source did not continue where the stream stopped. Posts may be missing; see the log.",
            ["source"],
            registry=registry,
        ).labels(source)
        self._post_time.set(now())
        self._sign_time.set(now())

    def observe(self, event: Event) -> None:
        """Note an event when it arrives."""
        self._last_sign = self._uptime()
        self._sign_time.set(self._now())
        if isinstance(event, GapFound):
            self.gaps += 1
            self._gaps.inc()
            _log.warning("%s", event)
        elif isinstance(event, ArrivedTweet):
            self._tweets.inc()
            self._note_post()
            if created_at := event.tweet.get("created_at"):
                self._delay.set(max(0.0, self._now() - created_at.timestamp()))
        elif isinstance(event, KeepAlive) and event.position is not None:
            self._note_post()

    def check(self) -> None:
        """Log a line if no post has arrived for too long. Call it often."""
        quiet_s = self._uptime() - self._last_post
        if self._quiet_since is not None or not 0 < self._quiet_after_s < quiet_s:
            return
        self._quiet_since = self._last_post
        silent_s = self._uptime() - self._last_sign
        state = (
            f"the source is alive: it sent a sign of life {silent_s:.0f} s ago"
            if silent_s < self._quiet_after_s
            else "nor any other sign of life"
        )
        _log.warning("%s: no post for %.0f s; %s", self._source, quiet_s, state)

    def _note_post(self) -> None:
        self._last_post = self._uptime()
        self._post_time.set(self._now())
        if self._quiet_since is not None:
            _log.warning(
                "%s: posts arrive again, after %.0f s", self._source, self._last_post - self._quiet_since
            )
            self._quiet_since = None

    def _make_gauge(self, registry: CollectorRegistry, name: str, description: str) -> Gauge:
        return Gauge(f"badbuzz_live_{name}", description, ["source"], registry=registry).labels(self._source)
