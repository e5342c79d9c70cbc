"""The port through which tweets are sent, and an implementation in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from badbuzz.contracts.tweet import encode_tweet
from badbuzz.errors import BadRecord

if TYPE_CHECKING:
    from badbuzz.contracts.tweet import Tweet

MAX_RECORD_BYTES: Final = 1_000_000
"""Limit of key and value together. Brokers accept at most 1 MiB, and refuse a larger record long after it was sent."""


class Publisher(Protocol):
    """Delivers each tweet once, in order per id."""

    def send(self, tweet: Tweet) -> None:
        """Send one tweet. Blocks while too many are unacknowledged.

        :raises BadRecord: if the tweet is too large; other tweets are not affected.
        :raises GiveUp: if an earlier tweet was refused permanently.
        """

    def flush(self) -> None:
        """Wait until all sent tweets are delivered.

        :raises GiveUp: if a tweet was refused permanently, or the receiver stays absent after a stop was requested.
        """

    def close(self) -> None:
        """Close the connection. Tweets that are not flushed may be lost."""


def encode_record(tweet: Tweet) -> tuple[bytes, bytes]:
    """Return a tweet as the key and value of a record.

    :raises BadRecord: if the record is too large for a broker.
    """
    key, value = tweet["id"].encode(), encode_tweet(tweet)
    size = len(key) + len(value)
    if size > MAX_RECORD_BYTES:
        raise BadRecord("decode", f"a record of {size} bytes; at most {MAX_RECORD_BYTES} can be sent")
    return key, value


class MemoryPublisher:
    """A :class:`Publisher` that stores the records in a list."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes]] = []

    def send(self, tweet: Tweet) -> None:
        """Store one record."""
        self.records.append(encode_record(tweet))

    def flush(self) -> None:
        """Do nothing: all records are delivered."""

    def close(self) -> None:
        """Do nothing."""
