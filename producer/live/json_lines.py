"""Reads JSON lines: one tweet per line, by the contract of :mod:`badbuzz.contracts.tweet`."""

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
    from collections.abc import Iterator

    from producer.live.stream import Emit

SOURCE: Final = "jsonl"
MAX_LINE_BYTES: Final = 1 << 20
"""A longer line is rejected, in parts of this size, so that a line without end cannot exhaust memory."""

_CHUNK_BYTES: Final = 1 << 16
_POLL_S: Final = 0.1


class JsonLinesStream:
    """Reads a file descriptor (a pipe, a terminal, a file) until its end.

    It does not use Python's buffered files, because a thread that waits in one cannot be stopped.
    """

    def __init__(self, descriptor: int, name: str = "stdin") -> None:
        self._descriptor = descriptor
        self._closed = threading.Event()
        self.name = name

    def listen(self, emit: Emit) -> None:
        """Emit each line as a tweet; skip blank lines."""
        for number, line in enumerate(self._read_lines(), start=1):
            if line and not line.isspace():
                emit(_parse_line(number, line))

    def close(self) -> None:
        """Stop reading before the next line."""
        self._closed.set()

    def _read_lines(self) -> Iterator[bytes]:
        rest = b""
        while chunk := self._read_chunk():
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
            if len(rest) > MAX_LINE_BYTES:
                yield rest
                rest = b""
        yield rest

    def _read_chunk(self) -> bytes:
        while not self._closed.is_set():
            readable, _, _ = select.select([self._descriptor], [], [], _POLL_S)
            if readable:
                return os.read(self._descriptor, _CHUNK_BYTES)
        return b""


def _parse_line(number: int, line: bytes) -> ArrivedTweet | RejectedRow:
    try:
        tweet = decode_tweet(line)
    except BadRecord as error:
        return RejectedRow(number, str(error), decode_text(line))
    tweet.setdefault("source", SOURCE)
    return ArrivedTweet(tweet)
