"""From a live stream to Kafka: the network's thread fills a bounded queue, this one empties it."""

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
    from producer.live.stream import Stream
    from producer.publisher import Publisher
    from producer.rejected_rows import RejectsFile

QUEUE_SIZE: Final = 10_000
"""Events between network and Kafka. When they are too many, the network waits: TCP slows the other side down, or it drops
us and we resume where we were."""

CHECKPOINT_S: Final = 5.0
"""How often the cursor is kept: a crash repeats so much at most."""

_LOOK_S: Final = 0.1
_GOODBYE_S: Final = 2.0


@dataclass(slots=True)
class StreamForwarder:
    """One run of a live source. The cursor is kept only after Kafka has acknowledged everything up to it."""

    stream: Stream
    publisher: Publisher
    state: CursorFile
    rejects: RejectsFile
    back_off: BackOff
    stop: threading.Event
    on_sent: Callable[[int], None] = lambda _sent: None
    _events: queue.Queue[ArrivedTweet | RejectedRow] = field(default_factory=lambda: queue.Queue(QUEUE_SIZE))
    _ended: threading.Event = field(default_factory=threading.Event)
    _failure: BaseException | None = None
    _sent: int = 0
    _cursor: int | None = None
    _kept_at: float = field(default_factory=time.monotonic)

    def run(self) -> int:
        """Forward tweets until the stream ends or a stop is requested. Return the number of tweets sent, all acknowledged.

        :raises GiveUp: if the stream or the publisher gives up; what came before is delivered and its cursor kept.
        """
        thread = threading.Thread(target=self._listen, name=f"listen-{self.stream.name}", daemon=True)
        thread.start()
        try:
            while not self.stop.is_set() and not (self._ended.is_set() and self._events.empty()):
                self._turn()
            while not self._events.empty():
                self._take(self._events.get_nowait())
            self._checkpoint()
        finally:
            self.stop.set()
            self.stream.close()
            thread.join(_GOODBYE_S)
        if self._failure is not None:
            raise self._failure
        return self._sent

    def _listen(self) -> None:
        try:
            stay_connected(self.stream, self._put, self.stop, self.back_off)
        except BaseException as error:  # noqa: BLE001 - the other thread raises it again
            self._failure = error
        finally:
            self._ended.set()

    def _put(self, event: ArrivedTweet | RejectedRow | KeepAlive) -> None:
        if isinstance(event, KeepAlive):
            return
        while not self.stop.is_set():
            try:
                self._events.put(event, timeout=_LOOK_S)
            except queue.Full:
                continue
            return

    def _turn(self) -> None:
        with suppress(queue.Empty):
            self._take(self._events.get(timeout=_LOOK_S))
        if time.monotonic() - self._kept_at > CHECKPOINT_S:
            self._checkpoint()

    def _take(self, event: ArrivedTweet | RejectedRow) -> None:
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

    def _checkpoint(self) -> None:
        self.publisher.flush()
        self.state.save(self._cursor)
        self._kept_at = time.monotonic()
