"""Whether a worker is alive (its loop turns and makes progress) and ready (in the group, no dependency away)."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from badbuzz.errors import Retry

log = logging.getLogger(__name__)

HANG_S = 120.0
"""A loop that has not turned for this long hangs. A turn is a poll, a micro-batch and two sinks: seconds at most."""

SLOW_TURN_S = 5.0
"""A loop that has not turned for this long waits for an answer, so the worker is not ready."""

OPEN_TRANSACTION_S = 300.0
"""A transaction that holds a partition back for this long is reported. Kafka's default limit is a minute, the highest one 15
minutes; beyond it, the broker has lost track of the transaction."""


class Health:
    """The state behind the health endpoints. Written by the worker's thread, read by the HTTP server's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last_turn = clock()
        self._waiting: dict[str, str] = {}
        self._lags: dict[int, int] | None = None
        self._held_back: dict[int, tuple[range, float]] = {}
        self._reported: dict[int, int] = {}
        self._stuck: str | None = None
        self._clocks: str | None = None
        self._disagreements: dict[str, str] = {}

    def mark_alive(self) -> None:
        """Record that the loop turned."""
        with self._lock:
            self._last_turn = self._clock()

    def mark_waiting(self, error: Retry) -> None:
        """Record that a dependency is away: the worker is alive but not ready."""
        with self._lock:
            self._last_turn = self._clock()
            new = error.dependency not in self._waiting
            self._waiting[error.dependency] = str(error)
        if new:
            log.warning("waiting for %s", error)

    def mark_resumed(self, dependency: str) -> None:
        """Record that a dependency is back."""
        with self._lock:
            known = self._waiting.pop(dependency, None)
        if known:
            log.warning("%s is back", dependency)

    def mark_stuck(self, problem: str) -> None:
        """Record that the loop turns without progress. The worker then counts as not alive, and the watchdog ends it."""
        with self._lock:
            self._stuck = problem

    def set_disagreements(self, problems: Mapping[str, str]) -> None:
        """Set what differs between the workers of the group, by name. A worker with another Redis is not ready."""
        with self._lock:
            self._disagreements = dict(problems)

    def get_disagreements(self) -> dict[str, str]:
        """Return what differs between the workers of the group, by name."""
        with self._lock:
            return dict(self._disagreements)

    def set_lags(self, lags: Mapping[int, int]) -> None:
        """Set the owned partitions and their lags."""
        with self._lock:
            self._lags = dict(lags)

    def set_held_back(self, held_back: Mapping[int, range]) -> None:
        """Set the offsets that open transactions hold back. Warn of one transaction that does not end, once."""
        now = self._clock()
        known = self._held_back
        with self._lock:
            self._held_back = {
                partition: (offsets, known[partition][1] if _same(known, partition, offsets) else now)
                for partition, offsets in held_back.items()
                if offsets
            }
        for partition, (offsets, since) in self._held_back.items():
            if now - since >= OPEN_TRANSACTION_S and self._reported.get(partition) != offsets.start:
                self._reported[partition] = offsets.start
                log.warning(
                    "partition %d: offsets from %d on wait for a transaction that has been open for %.0f s; find its producer "
                    "with kafka-transactions.sh find-hanging",
                    partition,
                    offsets.start,
                    now - since,
                )

    def set_clocks(self, ahead_s: Mapping[str, float] | None) -> None:
        """Set how far other clocks are ahead of ours if they are useless; None if they are useful."""
        problem = _describe_clocks(ahead_s) if ahead_s else None
        with self._lock:
            changed = (problem is None) != (self._clocks is None)
            self._clocks = problem
        if changed and problem:
            log.warning("%s", problem)
        elif changed:
            log.warning("the clocks agree again: the counters are marked as up to date")

    def check_alive(self) -> tuple[bool, str]:
        """Return whether the process is alive, and the reason if not."""
        with self._lock:
            turn_s = self._clock() - self._last_turn
            stuck = self._stuck
        if stuck:
            return False, f"{stuck}\n"
        if turn_s > HANG_S:
            return False, f"the loop has not turned for {turn_s:.0f} s\n"
        return True, "alive\n"

    def check_ready(self) -> tuple[bool, str]:
        """Return whether the worker is ready, and the reason if not."""
        is_alive, reason = self.check_alive()
        if not is_alive:
            return False, reason
        with self._lock:
            turn_s = self._clock() - self._last_turn
            if turn_s > SLOW_TURN_S:
                return False, f"the loop has not turned for {turn_s:.0f} s\n"
            if self._waiting:
                return False, "".join(f"waiting for {problem}\n" for problem in self._waiting.values())
            if problem := self._clocks or self._disagreements.get("redis"):
                return False, f"{problem}\n"
            differing = "".join(f"{problem}\n" for problem in self._disagreements.values())
            if self._lags is None:
                return False, "starting\n"
            owned = ", ".join(self._describe_partition(*owned) for owned in sorted(self._lags.items()))
        return True, f"ready; partitions: {owned or 'none, others have them all'}\n{differing}"

    def _describe_partition(self, partition: int, lag: int) -> str:
        if partition not in self._held_back:
            return f"{partition} (lag {lag})"
        return (
            f"{partition} (lag {lag}, {len(self._held_back[partition][0])} held back by an open transaction)"
        )


def _same(known: Mapping[int, tuple[range, float]], partition: int, offsets: range) -> bool:
    """Return whether the same transaction as before holds a partition back: the first offset has not changed."""
    return partition in known and known[partition][0].start == offsets.start


def _describe_clocks(ahead_s: Mapping[str, float]) -> str:
    off = "; ".join(
        f"{name}'s clock is {abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this worker's"
        for name, seconds in ahead_s.items()
        if seconds
    )
    return f"{off}: the counters are not marked as up to date; synchronise the clocks with NTP"
