"""The interface of a live stream, its events, and the detection of repeated tweets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from badbuzz.errors import Retry
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from badbuzz.contracts.tweet import Tweet


@dataclass(frozen=True, slots=True)
class ArrivedTweet:
    """A tweet. ``cursor`` is where the stream resumes after this tweet, or None if it cannot resume."""

    tweet: Tweet
    cursor: int | None = None


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """A message without a tweet. It shows that the connection works."""


Event = ArrivedTweet | RejectedRow | KeepAlive
Emit = Callable[[Event], None]


class Disconnected(Retry):
    """A connection could not be made, or was lost.

    ``wait_s`` is the wait that the server requests, or None.
    """

    def __init__(self, source: str, problem: str, wait_s: float | None = None) -> None:
        super().__init__(source, problem)
        self.wait_s = wait_s


class Stream(Protocol):
    """A live stream of tweets. ``listen`` and ``close`` are called from different threads."""

    @property
    def name(self) -> str:
        """The name of the stream in messages."""

    def listen(self, emit: Emit) -> None:
        """Connect, emit all events, and return when the source has ended or was closed.

        A call after :class:`Disconnected` resumes if the source supports it. ``emit`` blocks while Kafka is behind.

        :raises Disconnected: if the connection cannot be made or is lost.
        :raises GiveUp: if another attempt cannot succeed.
        """

    def close(self) -> None:
        """End ``listen``."""


class RecentIds:
    """The last ``size`` ids. They detect repeated tweets: a source that resumes sends some tweets twice."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ids: dict[str, None] = {}

    def add(self, tweet_id: str) -> bool:
        """Add an id and return whether it is new."""
        if tweet_id in self._ids:
            return False
        self._ids[tweet_id] = None
        if len(self._ids) > self._size:
            del self._ids[next(iter(self._ids))]
        return True
