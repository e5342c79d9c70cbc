"""Saying once that the other side has been silent for long, and once that it is back."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

WARN_AFTER_S: Final = 5.0
"""Longer than a broker's hiccups, shorter than the patience of somebody who watches."""


class SilenceWarning:
    """What the operator hears of an absent broker: two lines, however long it lasts.

    :param who: what the lines call it.
    """

    def __init__(self, who: str, now: Callable[[], float] = time.monotonic) -> None:
        self._who = who
        self._now = now
        self._heard_at = now()
        self._said = False

    def note_answer(self) -> None:
        """Something came, or nothing is awaited."""
        self._heard_at = self._now()
        if self._said:
            self._said = False
            _log.warning("%s is back", self._who)

    def note_waiting(self) -> None:
        """Something is awaited and has not come."""
        if not self._said and self._now() - self._heard_at > WARN_AFTER_S:
            self._said = True
            _log.warning("%s acknowledges nothing; waiting for it", self._who)
