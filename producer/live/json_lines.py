"""JSON lines: one tweet per line, by the contract of :mod:`badbuzz.contracts.tweet`."""

from __future__ import annotations

import os
import select
import threading
from typing import TYPE_CHECKING, Final

from badbuzz.contracts.tweet import decode_tweet
from badbuzz.errors import BadRecord
from badbuzz.labelled.sentiment140 import decode_text
from producer.live.stream import ArrivedTweet
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from producer.live.stream import KeepAlive

SOURCE: Final = "jsonl"
MAX_LINE_BYTES: Final = 1 << 20
"""A line that does not end must not fill the memory: what is longer is rejected, in pieces of this size."""

_CHUNK: Final = 1 << 16
_LOOK_S: Final = 0.1


class JsonLinesStream:
    """Reads a file descriptor (a pipe, a terminal, a file) until its end.

    The descriptor is read without Python's buffers: a thread that waits inside one of them cannot be stopped.
    """

    def __init__(self, descriptor: int, name: str = "stdin") -> None:
        self._descriptor = descriptor
        self._closed = threading.Event()
        self.name = name

    def listen(self, emit: Callable[[ArrivedTweet | RejectedRow | KeepAlive], None]) -> None:
        """Pass on line by line; blank ones are skipped."""
        for number, line in enumerate(self._lines(), start=1):
            if line and not line.isspace():
                emit(_event(number, line))

    def close(self) -> None:
        """Stop before the next line."""
        self._closed.set()

    def _lines(self) -> Iterator[bytes]:
        rest = b""
        while chunk := self._chunk():
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
            if len(rest) > MAX_LINE_BYTES:
                yield rest
                rest = b""
        yield rest

    def _chunk(self) -> bytes:
        while not self._closed.is_set():
            readable, _, _ = select.select([self._descriptor], [], [], _LOOK_S)
            if readable:
                return os.read(self._descriptor, _CHUNK)
        return b""


def _event(number: int, line: bytes) -> ArrivedTweet | RejectedRow:
    try:
        tweet = decode_tweet(line)
    except BadRecord as error:
        return RejectedRow(number, str(error), decode_text(line))
    tweet.setdefault("source", SOURCE)
    return ArrivedTweet(tweet)
