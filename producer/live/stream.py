"""What a live source is, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from badbuzz.errors import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from badbuzz.contracts.tweet import Tweet
    from producer.rejected_rows import RejectedRow


@dataclass(frozen=True, slots=True)
class ArrivedTweet:
    """One tweet. ``cursor`` is from where the source can be resumed once this tweet is safe, if it can."""

    tweet: Tweet
    cursor: int | None = None


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """A sign of life without a tweet."""


class Disconnected(Retry):
    """A connection could not be made, or broke.

    ``wait_s`` is how long the other side wants to be left alone, if it said so.
    """

    def __init__(self, source: str, problem: str, wait_s: float | None = None) -> None:
        super().__init__(source, problem)
        self.wait_s = wait_s


class Stream(Protocol):
    """One live source. ``listen`` runs on a thread of its own; ``close`` is called from another one."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def listen(self, emit: Callable[[ArrivedTweet | RejectedRow | KeepAlive], None]) -> None:
        """Connect, pass on what comes, and return when the source has ended for good or was closed.

        Called again after :class:`Disconnected`, it resumes where it can. ``emit`` blocks while Kafka is behind.

        :raises Disconnected: if the connection cannot be made or breaks.
        :raises GiveUp: if trying again cannot help.
        """

    def close(self) -> None:
        """Make ``listen`` return soon."""
