"""Whether the worker is alive (its loop turns and gets somewhere) and ready (in the group, nothing it waits for)."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from badbuzz.errors import Retry

log = logging.getLogger(__name__)

STALL_S = 120.0
"""A loop that does not come round for so long hangs: one turn is a poll, a batch and two sinks, seconds at worst."""

SILENT_S = 5.0
"""A loop that does not come round for so long is held up by somebody who does not answer: the rows that wait, wait."""


class Health:
    """What the health endpoints tell. Written by the worker's thread, read by the server's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last_turn = clock()
        self._waiting: dict[str, str] = {}
        self._partitions: dict[int, int] | None = None
        self._stuck: str | None = None

    def mark_alive(self) -> None:
        """The loop came round."""
        with self._lock:
            self._last_turn = self._clock()

    def mark_waiting(self, error: Retry) -> None:
        """A dependency is away. Waiting is being alive, and not being ready."""
        with self._lock:
            self._last_turn = self._clock()
            new = error.dependency not in self._waiting
            self._waiting[error.dependency] = str(error)
        if new:
            log.warning("waiting for %s", error)

    def mark_resumed(self, dependency: str) -> None:
        """A dependency is back."""
        with self._lock:
            known = self._waiting.pop(dependency, None)
        if known:
            log.warning("%s is back", dependency)

    def mark_stuck(self, problem: str) -> None:
        """It turns and gets nowhere: from now on it is dead, and the watchdog ends it."""
        with self._lock:
            self._stuck = problem

    def set_lags(self, lags: Mapping[int, int]) -> None:
        """These partitions are ours, with this lag."""
        with self._lock:
            self._partitions = dict(lags)

    def check_alive(self) -> tuple[bool, str]:
        """Whether to let the process live, and why not."""
        with self._lock:
            silent = self._clock() - self._last_turn
            stuck = self._stuck
        if stuck:
            return False, f"{stuck}\n"
        if silent > STALL_S:
            return False, f"the loop has not turned for {silent:.0f} s\n"
        return True, "alive\n"

    def check_ready(self) -> tuple[bool, str]:
        """Whether the worker does its work right now, and why not."""
        live, why = self.check_alive()
        if not live:
            return False, why
        with self._lock:
            silent = self._clock() - self._last_turn
            if silent > SILENT_S:
                return False, f"the loop has not turned for {silent:.0f} s\n"
            if self._waiting:
                return False, "".join(f"waiting for {problem}\n" for problem in self._waiting.values())
            if self._partitions is None:
                return False, "starting\n"
            owned = ", ".join(
                f"{partition} (lag {lag})" for partition, lag in sorted(self._partitions.items())
            )
        return True, f"ready; partitions: {owned or 'none, others have them all'}\n"
