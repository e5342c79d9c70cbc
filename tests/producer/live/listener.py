"""Listens to a live stream in tests: without waits between connections, until a number of tweets has arrived."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

from producer.live.reconnect import BackOff, stay_connected
from producer.live.stream import ArrivedTweet, GapFound, KeepAlive
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from badbuzz.contracts.tweet import Tweet
    from producer.live.stream import Event, Stream

DEADLINE_S = 600.0


class NoWaits(BackOff):
    """Does not wait, and records the requested waits."""

    def __init__(self) -> None:
        super().__init__(random.Random(0))
        self.requested: list[float | None] = []

    def compute_wait_s(self, requested_s: float | None = None) -> float:
        self.requested.append(requested_s)
        super().compute_wait_s(requested_s)
        return 0.0


class Listener:
    """Collects the events of a stream."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.arrivals: list[ArrivedTweet] = []
        self.rejected: list[RejectedRow] = []
        self.gaps: list[GapFound] = []
        self.keep_alives = 0
        self.back_off = NoWaits()
        self.stop = threading.Event()

    def until(self, *, tweets: int) -> list[Tweet]:
        """Listen until this number of tweets has arrived, and return them."""

        def emit(event: Event) -> None:
            match event:
                case ArrivedTweet():
                    self.arrivals.append(event)
                case RejectedRow():
                    self.rejected.append(event)
                case GapFound():
                    self.gaps.append(event)
                case KeepAlive():
                    self.keep_alives += 1
            if len(self.arrivals) >= tweets:
                self.stop.set()
                self.stream.close()

        thread = threading.Thread(
            target=stay_connected, args=(self.stream, emit, self.stop, self.back_off), daemon=True
        )
        thread.start()
        thread.join(DEADLINE_S)
        assert not thread.is_alive(), f"only {len(self.arrivals)} of {tweets} tweets arrived"
        return [arrival.tweet for arrival in self.arrivals]
