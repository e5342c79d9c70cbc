"""Ends a worker that hangs, so that somebody restarts it: a stuck worker that looks healthy is the worst of all."""

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

LOOK_S = 5.0


class Watchdog:
    """Looks at a worker's health on a thread of its own. If it is not alive: every thread's stack to stderr, and out."""

    def __init__(
        self, health: Health, look_s: float = LOOK_S, end: Callable[[int], object] = os._exit
    ) -> None:
        """``end`` leaves without asking threads: the one that hangs would never answer."""
        self._health = health
        self._look_s = look_s
        self._end = end
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._closed.wait(self._look_s):
            live, why = self._health.check_alive()
            if not live:
                log.critical(
                    "%s; every thread's stack follows; ending so that the worker is restarted", why.strip()
                )
                faulthandler.dump_traceback(all_threads=True)
                self._end(BadBuzzError.exit_code)
                return
