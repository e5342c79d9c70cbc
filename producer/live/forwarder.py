"""Forwards a live stream to Kafka. A second thread reads the network and fills a bounded queue."""

from __future__ import annotations

import logging
import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from badbuzz.errors import BadRecord
from producer.live.reconnect import stay_connected
from producer.live.stream import ArrivedTweet, GapFound, KeepAlive
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from producer.live.feed_monitor import FeedMonitor
    from producer.live.reconnect import BackOff
    from producer.live.state_file import StateFile
    from producer.live.stream import Event, Position, Stream
    from producer.publisher import Publisher
    from producer.rejected_rows import RejectsFile

_log = logging.getLogger(__name__)

QUEUE_SIZE: Final = 10_000
"""When the queue is full, the network thread waits. TCP then slows the server down, or the server disconnects, and the stream
resumes where it stopped."""

CHECKPOINT_S: Final = 5.0
"""Interval between two stored positions: a crash repeats tweets of this period at most."""

_PROGRESS_S: Final = 1.0
"""Interval between two positions without tweets that are passed on: a language without posts must not hold the position."""

_POLL_S: Final = 0.1
_JOIN_TIMEOUT_S: Final = 2.0


@dataclass(slots=True)
class StreamForwarder:
    """Forwards one live stream. Its position is stored only after Kafka has acknowledged all tweets up to it."""

    stream: Stream
    publisher: Publisher
    state_file: StateFile
    rejects: RejectsFile
    back_off: BackOff
    stop: threading.Event
    monitor: FeedMonitor
    on_sent: Callable[[int], None] = lambda _sent: None
    _events: queue.Queue[ArrivedTweet | RejectedRow | KeepAlive] = field(
        default_factory=lambda: queue.Queue(QUEUE_SIZE)
    )
    _ended: threading.Event = field(default_factory=threading.Event)
    _failure: BaseException | None = None
    _sent: int = 0
    _position: Position | None = None
    _stored_at: float = field(default_factory=time.monotonic)
    _progressed_at: float = 0.0

    def run(self) -> int:
        """Forward tweets until the stream ends or a stop is requested. Return the number of tweets sent, all acknowledged.

        :raises GiveUp: if the stream or the publisher gives up. Earlier tweets are delivered and their position is stored.
        """
        thread = threading.Thread(target=self._listen, name=f"listen-{self.stream.name}", daemon=True)
        thread.start()
        try:
            while not self.stop.is_set() and not (self._ended.is_set() and self._events.empty()):
                self._forward_next()
            while not self._events.empty():
                self._forward(self._events.get_nowait())
            self._store_position()
        finally:
            self.stop.set()
            self._close_stream()
            thread.join(_JOIN_TIMEOUT_S)
        if self._failure is not None:
            raise self._failure
        return self._sent

    def _close_stream(self) -> None:
        try:
            self.stream.close()
        except Exception:  # noqa: BLE001 - the stream has ended, and this error would hide the reason
            _log.debug("%s: the stream cannot be closed", self.stream.name, exc_info=True)

    def _listen(self) -> None:
        try:
            stay_connected(self.stream, self._enqueue, self.stop, self.back_off)
        except BaseException as error:  # noqa: BLE001 - the other thread raises it again
            self._failure = error
        finally:
            self._ended.set()

    def _enqueue(self, event: Event) -> None:
        self.monitor.observe(event)
        if isinstance(event, GapFound) or (isinstance(event, KeepAlive) and not self._is_progress(event)):
            return
        while not self.stop.is_set():
            try:
                self._events.put(event, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    def _is_progress(self, event: KeepAlive) -> bool:
        now = time.monotonic()
        if event.position is None or now - self._progressed_at < _PROGRESS_S:
            return False
        self._progressed_at = now
        return True

    def _forward_next(self) -> None:
        with suppress(queue.Empty):
            self._forward(self._events.get(timeout=_POLL_S))
        self.monitor.check()
        if time.monotonic() - self._stored_at > CHECKPOINT_S:
            self._store_position()

    def _forward(self, event: ArrivedTweet | RejectedRow | KeepAlive) -> None:
        if isinstance(event, RejectedRow):
            self.rejects.add(event)
            return
        if isinstance(event, ArrivedTweet):
            self._send(event)
        self._position = event.position or self._position

    def _send(self, event: ArrivedTweet) -> None:
        try:
            self.publisher.send(event.tweet)
        except BadRecord as error:
            self.rejects.add(RejectedRow(self._sent + self.rejects.count + 1, str(error), repr(event.tweet)))
            return
        self.state_file.add(event.position, event.tweet["id"])
        self._sent += 1
        self.on_sent(self._sent)

    def _store_position(self) -> None:
        self.publisher.flush()
        self.state_file.save(self._position)
        self._stored_at = time.monotonic()
