"""Logs once that a peer has been silent for too long, and once that it is back."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

WARN_AFTER_S: Final = 5.0
"""A peer may be silent this long before a warning is logged: longer than a broker's usual pauses."""


class SilenceWarning:
    """Logs two lines per absence of a peer, however long the absence lasts.

    :param peer: the name of the peer in the log.
    """

    def __init__(self, peer: str, now: Callable[[], float] = time.monotonic) -> None:
        self._peer = peer
        self._now = now
        self._last_answer = now()
        self._has_warned = False

    def note_answer(self) -> None:
        """Record that the peer answered, or that no answer is expected."""
        self._last_answer = self._now()
        if self._has_warned:
            self._has_warned = False
            _log.warning("%s is back", self._peer)

    def note_waiting(self) -> None:
        """Record that an answer is expected and has not arrived."""
        if not self._has_warned and self._now() - self._last_answer > WARN_AFTER_S:
            self._has_warned = True
            _log.warning("%s acknowledges nothing; waiting for it", self._peer)
