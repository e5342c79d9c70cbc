"""Forwards a live stream to Kafka. A second thread reads the network and fills a bounded queue."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from badbuzz.errors import BadRecord
from producer.live.reconnect import stay_connected
from producer.live.stream import ArrivedTweet, KeepAlive
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from producer.live.cursor_file import CursorFile
    from producer.live.reconnect import BackOff
    from producer.live.stream import Event, Stream
    from producer.publisher import Publisher
    from producer.rejected_rows import RejectsFile

QUEUE_SIZE: Final = 10_000
"""When the queue is full, the network thread waits. TCP then slows the server down, or the server disconnects, and the stream
resumes from its cursor."""

CHECKPOINT_S: Final = 5.0
"""Interval between two stored cursors: a crash repeats tweets of this period at most."""

_POLL_S: Final = 0.1
_JOIN_TIMEOUT_S: Final = 2.0


@dataclass(slots=True)
class StreamForwarder:
    """Forwards one live stream. The cursor is stored only after Kafka has acknowledged all tweets up to it."""

    stream: Stream
    publisher: Publisher
    cursor_file: CursorFile
    rejects: RejectsFile
    back_off: BackOff
    stop: threading.Event
    on_sent: Callable[[int], None] = lambda _sent: None
    _events: queue.Queue[ArrivedTweet | RejectedRow] = field(default_factory=lambda: queue.Queue(QUEUE_SIZE))
    _ended: threading.Event = field(default_factory=threading.Event)
    _failure: BaseException | None = None
    _sent: int = 0
    _cursor: int | None = None
    _stored_at: float = field(default_factory=time.monotonic)

    def run(self) -> int:
        """Forward tweets until the stream ends or a stop is requested. Return the number of tweets sent, all acknowledged.

        :raises GiveUp: if the stream or the publisher gives up. Earlier tweets are delivered and their cursor is stored.
        """
        thread = threading.Thread(target=self._listen, name=f"listen-{self.stream.name}", daemon=True)
        thread.start()
        try:
            while not self.stop.is_set() and not (self._ended.is_set() and self._events.empty()):
                self._forward_next()
            while not self._events.empty():
                self._forward(self._events.get_nowait())
            self._store_cursor()
        finally:
            self.stop.set()
            self.stream.close()
            thread.join(_JOIN_TIMEOUT_S)
        if self._failure is not None:
            raise self._failure
        return self._sent

    def _listen(self) -> None:
        try:
            stay_connected(self.stream, self._enqueue, self.stop, self.back_off)
        except BaseException as error:  # noqa: BLE001 - the other thread raises it again
            self._failure = error
        finally:
            self._ended.set()

    def _enqueue(self, event: Event) -> None:
        if isinstance(event, KeepAlive):
            return
        while not self.stop.is_set():
            try:
                self._events.put(event, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    def _forward_next(self) -> None:
        with suppress(queue.Empty):
            self._forward(self._events.get(timeout=_POLL_S))
        if time.monotonic() - self._stored_at > CHECKPOINT_S:
            self._store_cursor()

    def _forward(self, event: ArrivedTweet | RejectedRow) -> None:
        if isinstance(event, RejectedRow):
            self.rejects.add(event)
            return
        try:
            self.publisher.send(event.tweet)
        except BadRecord as error:
            self.rejects.add(RejectedRow(self._sent + self.rejects.count + 1, str(error), repr(event.tweet)))
            return
        self._sent += 1
        self._cursor = self._cursor if event.cursor is None else event.cursor
        self.on_sent(self._sent)

    def _store_cursor(self) -> None:
        self.publisher.flush()
        self.cursor_file.save(self._cursor)
        self._stored_at = time.monotonic()
