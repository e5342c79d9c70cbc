"""Reconnects to a source after a disconnection, with growing waits."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from producer.live.stream import Disconnected

if TYPE_CHECKING:
    import random
    import threading

    from producer.live.stream import Emit, Event, Stream

_log = logging.getLogger(__name__)

FIRST_WAIT_S: Final = 1.0
MAX_WAIT_S: Final = 60.0
MAX_REQUESTED_WAIT_S: Final = 16 * 60.0
"""X's rate limits reset within 15 minutes. A longer wait comes from a wrong clock and could stop the stream for good."""


class BackOff:
    """Waits that double from a second to a minute, each shortened by up to half at random.

    The random part spreads the reconnects of clients that were disconnected together.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._failures = 0

    def compute_wait_s(self, requested_s: float | None = None) -> float:
        """Return the seconds to wait after another failure, at least as many as the server requests."""
        ceiling = min(MAX_WAIT_S, FIRST_WAIT_S * 2.0**self._failures)
        self._failures = min(self._failures + 1, 10)
        wait = ceiling * self._rng.uniform(0.5, 1)
        return max(wait, min(requested_s or 0.0, MAX_REQUESTED_WAIT_S))

    def reset(self) -> None:
        """Start again with the shortest wait, because the connection works."""
        self._failures = 0


def stay_connected(
    stream: Stream,
    emit: Emit,
    stop: threading.Event,
    back_off: BackOff,
) -> None:
    """Listen until the stream ends or a stop is requested, and reconnect after each disconnection.

    A connection works once a message arrives. So the waits grow if a server accepts connections and closes them at once.

    :raises GiveUp: if the stream gives up.
    """

    def reset_and_emit(event: Event) -> None:
        back_off.reset()
        emit(event)

    while not stop.is_set():
        try:
            stream.listen(reset_and_emit)
        except Disconnected as error:
            if stop.is_set():
                return
            wait = back_off.compute_wait_s(error.wait_s)
            _log.warning("%s; connecting again in %.1f s", error, wait)
            stop.wait(wait)
        else:
            return
