"""Where tweets go: the port to Kafka, and an implementation in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from badbuzz.contracts.tweet import encode_tweet
from badbuzz.errors import BadRecord

if TYPE_CHECKING:
    from badbuzz.contracts.tweet import Tweet

MAX_RECORD_BYTES: Final = 1_000_000
"""Key and value together: brokers take records of 1 MiB at most, and would refuse a larger one long after it was sent."""


class Publisher(Protocol):
    """Takes tweets and delivers each one once, in order per id."""

    @property
    def delivered(self) -> int:
        """How many tweets are known to be safe with the receiver."""

    def send(self, tweet: Tweet) -> None:
        """Take one tweet. Blocks while too many are on their way.

        :raises BadRecord: if it is too large; nothing else suffers.
        :raises GiveUp: if an earlier tweet was refused for good.
        """

    def flush(self) -> None:
        """Return when all that was sent is delivered.

        :raises GiveUp: if a tweet was refused for good, or the receiver stays away after a stop was asked for.
        """

    def close(self) -> None:
        """Give up the connection; what is not flushed may be lost."""


def encode_record(tweet: Tweet) -> tuple[bytes, bytes]:
    """A tweet as key and value.

    :raises BadRecord: if no broker would take it.
    """
    key, value = tweet["id"].encode(), encode_tweet(tweet)
    size = len(key) + len(value)
    if size > MAX_RECORD_BYTES:
        raise BadRecord("decode", f"a record of {size} bytes; at most {MAX_RECORD_BYTES} can be sent")
    return key, value


class MemoryPublisher:
    """A :class:`Publisher` that keeps the records."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes]] = []

    @property
    def delivered(self) -> int:
        """All of them."""
        return len(self.records)

    def send(self, tweet: Tweet) -> None:
        """Keep one."""
        self.records.append(encode_record(tweet))

    def flush(self) -> None:
        """Nothing is ever on its way."""

    def close(self) -> None:
        """Nothing to give up."""
