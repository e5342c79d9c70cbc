"""Ends a worker that hangs, so that it is restarted. Otherwise it would look healthy and do nothing."""

from __future__ import annotations

import faulthandler
import logging
import os
import threading
from typing import TYPE_CHECKING

from badbuzz.errors import BadBuzzError

if TYPE_CHECKING:
    from collections.abc import Callable

    from worker.monitoring.health import Health

log = logging.getLogger(__name__)

CHECK_INTERVAL_S = 5.0


class Watchdog:
    """Checks a worker's health on its own thread. If it is not alive, dumps all stacks to stderr and ends the process."""

    def __init__(
        self, health: Health, interval_s: float = CHECK_INTERVAL_S, end: Callable[[int], object] = os._exit
    ) -> None:
        """``end`` must end the process without joining threads, because one of them hangs."""
        self._health = health
        self._interval_s = interval_s
        self._end = end
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop checking."""
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._closed.wait(self._interval_s):
            is_alive, reason = self._health.check_alive()
            if not is_alive:
                log.critical(
                    "%s; every thread's stack follows; ending so that the worker is restarted", reason.strip()
                )
                faulthandler.dump_traceback(all_threads=True)
                self._end(BadBuzzError.exit_code)
                return
