"""A replay's own clock: when each tweet is due, by a pace that does not drift."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import threading
    from array import array
    from collections.abc import Callable

_SHORTEST_WAIT_S: Final = 0.001
"""Tweets due within a millisecond go together: the system's timer is no finer, and each wait costs more than a tweet."""


class Pace(Protocol):
    """When tweets are due."""

    def due_s(self, number: int) -> float:
        """Seconds after the start at which tweet ``number`` (from 0) is due."""


class AsFastAsPossible:
    """Every tweet is due at once."""

    def due_s(self, _number: int) -> float:
        """Seconds after the start."""
        return 0.0


class Rate:
    """So many tweets per second."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second

    def due_s(self, number: int) -> float:
        """Seconds after the start."""
        return number / self._per_second


class Speed:
    """The rhythm in which a file's tweets were written, so many times faster; a file that ends starts anew.

    Only the rhythm is the file's: its dates are dealt out in ascending order, whatever row comes. Where not all rows have
    a date, each date stands for several tweets.

    :param dates: milliseconds since 1970, ascending, at least one.
    :param rows: how many rows the file has.
    """

    def __init__(self, dates: array[int], rows: int, factor: float) -> None:
        self._dates = dates
        self._rows = rows
        self._factor = factor
        span = dates[-1] - dates[0]
        self._round_ms = span + span / max(1, len(dates) - 1)

    def due_s(self, number: int) -> float:
        """Seconds after the start."""
        rounds, row = divmod(number, self._rows)
        elapsed = self._dates[row * len(self._dates) // self._rows] - self._dates[0]
        return (rounds * self._round_ms + elapsed) / 1000 / self._factor


class ReplayClock:
    """Waits until each tweet is due, counted from the clock's making.

    A replay that was held up (Kafka was away) catches up: dates keep their distances, only Kafka's own timestamps tell.

    :param stop: ends every wait.
    """

    def __init__(self, pace: Pace, stop: threading.Event, now: Callable[[], float] = time.monotonic) -> None:
        self._pace = pace
        self._stop = stop
        self._now = now
        self._start = now()
        self._start_date = datetime.now(UTC)

    def wait(self, number: int) -> float:
        """Wait until tweet ``number`` is due (or the clock is stopped); its time, in seconds since the start.

        That is when it was due, not when it was noticed; for a tweet without a time of its own it is now.
        """
        due = self._pace.due_s(number)
        elapsed = self._now() - self._start
        if due - elapsed > _SHORTEST_WAIT_S:
            self._stop.wait(due - elapsed)
        return due or elapsed

    def date_at(self, elapsed: float) -> datetime:
        """The date so many seconds after the start."""
        return self._start_date + timedelta(seconds=elapsed)
