"""Where a Jetstream stream resumes: the time up to which no message can be missing, although messages arrive out of order."""

from __future__ import annotations

from collections import deque
from typing import Final

from producer.live.stream import GapFound, Position

WINDOW: Final = 1_000
"""Messages. A message that arrives after at most this many later ones is not lost, whenever the connection ends."""

REWIND_US: Final = 5_000_000
"""Read again after a reconnect: Jetstream does not promise an exact continuation."""

HOST_REWIND_US: Final = 60_000_000
"""Read again from another host: each host stamps messages with its own clock, when they reach it."""


class ResumePoint:
    """The lowest time of the last :data:`WINDOW` messages. It only moves forward, so a wrong time cannot move it far.

    One message from the future does not move it: the messages around it are lower. A message from the past holds it for one
    window.

    :param position: where an earlier run stopped, or None to start now.
    """

    def __init__(self, source: str, position: Position | None = None, window: int = WINDOW) -> None:
        self._source = source
        self._window = window
        self._host = "" if position is None else position.host
        self._asked: int | None = None
        self._is_first = False
        self._low: int | None = None
        self._added = 0
        # Numbers and times of messages, the times rising: the first is the lowest of the window.
        self._minima: deque[tuple[int, int]] = deque()
        if position is not None:
            self._restart(position.resume)

    def connect(self, host: str) -> int | None:
        """Return the cursor with which to connect to a host, or None to start now."""
        self._is_first = True
        if self._low is None:
            self._asked = None
        else:
            rewind = HOST_REWIND_US if self._host not in {"", host} else REWIND_US
            self._asked = max(1, self._low - rewind)
        return self._asked

    def add(self, host: str, time_us: int) -> GapFound | None:
        """Add a message in the order of arrival. Return what may be missing before the first message of a connection."""
        gap = self._begin(host, time_us) if self._is_first else None
        self._added += 1
        while self._minima and self._minima[-1][1] >= time_us:
            self._minima.pop()
        self._minima.append((self._added, time_us))
        while self._minima[0][0] <= self._added - self._window:
            self._minima.popleft()
        lowest = self._minima[0][1]
        # Before the first window is full, a lower time is an earlier message, not a wrong time.
        self._low = lowest if self._low is None or self._added <= self._window else max(self._low, lowest)
        return gap

    def at(self, time_us: int) -> Position:
        """Return the position of the message that was added last."""
        return Position(time_us, time_us if self._low is None else self._low, self._host)

    def _begin(self, host: str, time_us: int) -> GapFound | None:
        self._is_first = False
        is_other_host = self._host not in {"", host}
        self._host = host
        if self._asked is None or self._low is None:
            return None
        if time_us < self._asked - REWIND_US:
            ahead_s = (self._low - time_us) / 1e6
            self._low = None
            self._added = 0
            self._minima.clear()
            return GapFound(
                self._source,
                f"{host} answers with posts from {ahead_s:,.0f} s before the cursor, which lies in its future: "
                "posts sent before this connection may be missing",
            )
        gap_s = (time_us - self._low) / 1e6
        if is_other_host:
            self._restart(self._asked)
        if gap_s * 1e6 <= REWIND_US:
            return None
        return GapFound(
            self._source,
            f"{host} continues {gap_s:,.0f} s after the cursor; it may not have the posts in between",
        )

    def _restart(self, low: int) -> None:
        """Begin at a known time. It counts as a message, because the next message need not be the oldest one."""
        self._low = low
        self._added = self._window
        self._minima.clear()
        self._minima.append((self._added, low))
