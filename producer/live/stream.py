"""The interface of a live stream, its events, and the detection of repeated tweets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from badbuzz.errors import Retry
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from badbuzz.contracts.tweet import Tweet


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a stream that can resume.

    ``time`` is when the source saw the message, ``resume`` where to resume once this message and all that arrived before it
    are confirmed. Both are in the source's unit and by the clock of ``host``.
    """

    time: int
    resume: int
    host: str = ""


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """Where an earlier run stopped, and the ids of the tweets that the source may send again, the oldest first."""

    position: Position | None = None
    ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ArrivedTweet:
    """A tweet. ``position`` is None if the stream cannot resume."""

    tweet: Tweet
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """A message without a tweet. It shows that the connection works, and moves the position."""

    position: Position | None = None


@dataclass(frozen=True, slots=True)
class GapFound:
    """Tweets may be missing: the source does not continue where the stream stopped."""

    source: str
    problem: str

    def __str__(self) -> str:
        return f"{self.source}: {self.problem}"


Event = ArrivedTweet | RejectedRow | KeepAlive | GapFound
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
    """The last ``size`` ids. They detect repeated tweets: a source that resumes sends some tweets twice.

    :param known: the ids of an earlier run, the oldest first.
    """

    def __init__(self, size: int, known: Iterable[str] = ()) -> None:
        self._size = size
        self._ids: dict[str, None] = {}
        for tweet_id in known:
            self.add(tweet_id)

    def add(self, tweet_id: str) -> bool:
        """Add an id and return whether it is new."""
        if tweet_id in self._ids:
            return False
        self._ids[tweet_id] = None
        if len(self._ids) > self._size:
            del self._ids[next(iter(self._ids))]
        return True
