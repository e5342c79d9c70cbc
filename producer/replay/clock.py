"""The clock of a replay. It computes when each tweet is due, so delays do not accumulate."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import threading
    from array import array

_SHORTEST_WAIT_S: Final = 0.001
"""Tweets due within a millisecond are sent together: timers are not finer, and a wait costs more than a tweet."""


Pace = Callable[[int], float]
"""Returns when a tweet is due, by its number (from 0), in seconds after the start."""


def all_at_once(_number: int) -> float:
    """Return 0: the :data:`Pace` at which every tweet is due immediately."""
    return 0.0


def fixed_rate(per_second: float) -> Pace:
    """Return the pace of a fixed number of tweets per second."""
    return lambda number: number / per_second


class Speed:
    """The rhythm of the file's dates, ``factor`` times as fast. After the last date it starts again.

    Dates are assigned in ascending order, independently of the rows. If not all rows have a date, several tweets share one.

    :param dates: milliseconds since 1970, ascending, at least one.
    :param rows: the number of rows of the file.
    """

    def __init__(self, dates: array[int], rows: int, factor: float) -> None:
        self._dates = dates
        self._rows = rows
        self._factor = factor
        span = dates[-1] - dates[0]
        self._round_ms = span + span / max(1, len(dates) - 1)

    def __call__(self, number: int) -> float:
        """Return seconds after the start."""
        rounds, row = divmod(number, self._rows)
        elapsed = self._dates[row * len(self._dates) // self._rows] - self._dates[0]
        return (rounds * self._round_ms + elapsed) / 1000 / self._factor


class ReplayClock:
    """Waits until each tweet is due, counted from the construction of the clock.

    A replay that was delayed, for example by an absent Kafka, catches up. The tweets' dates do not show the delay, only
    Kafka's timestamps do.

    :param stop: ends every wait.
    """

    def __init__(self, pace: Pace, stop: threading.Event, now: Callable[[], float] = time.monotonic) -> None:
        self._pace = pace
        self._stop = stop
        self._now = now
        self._start = now()
        self._start_date = datetime.now(UTC)

    def wait(self, number: int) -> float:
        """Wait until tweet ``number`` is due or the clock is stopped. Return its time in seconds since the start.

        This is the time when the tweet was due, or the current time if the pace does not set one.
        """
        due = self._pace(number)
        elapsed = self._now() - self._start
        if due - elapsed > _SHORTEST_WAIT_S:
            self._stop.wait(due - elapsed)
        return due or elapsed

    def date_at(self, elapsed: float) -> datetime:
        """Return the date ``elapsed`` seconds after the start."""
        return self._start_date + timedelta(seconds=elapsed)
