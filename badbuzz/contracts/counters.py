"""Contract 3: the rolling counters in Redis.

For each brand (and ``all``) and each bucket of event time: the number of tweets that the model could read and of negative
ones, the sum and the sum of squares of the probability of negative, and the number of tweets that the model could not read
(``unread``). Unread tweets are in no other number, so they never change a rate. All are integers (probabilities in millionths),
so that sums do not depend on the order of additions and ``badbuzz verify`` can test for equality.

The ``{topic}`` hash tag keeps one topic's keys in one Redis Cluster slot, so that one call can change them together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from badbuzz.contracts.scored_row import Totals

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL_BRANDS: Final = "all"
MILLION: Final = 1_000_000
"""One, as a probability in millionths."""

EARLY_TOLERANCE_S: Final = 300
"""How far ahead of its arrival an event may be dated. Without a limit, one wrong clock would fill future buckets."""

EXPIRY_SLACK_S: Final = 60
"""How long a bucket outlives its retention. Without it, a reader of the whole retention would race with the expiry."""


class Misdated(Enum):
    """The reason why a tweet is in no bucket. It is scored and stored all the same."""

    LATE = "late"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Buckets:
    """The bucket sizes of a topic, stored beside its counters and the same for every worker."""

    seconds: int = 10
    retention_seconds: int = 7_200

    def find_bucket(self, event_ms: int, appended_ms: int) -> int | Misdated:
        """Return the bucket (its start, in seconds since 1970) of an event, by its date and its arrival.

        It depends only on what is stored with the row, never on the worker's clock, so that a recount gives the same.
        """
        if event_ms > appended_ms + EARLY_TOLERANCE_S * 1000:
            return Misdated.EARLY
        if event_ms < max(appended_ms - self.retention_seconds * 1000, 0):
            return Misdated.LATE
        return event_ms // 1000 // self.seconds * self.seconds

    def compute_expiry(self, bucket: int) -> int:
        """Return when a bucket's counters expire, in seconds since 1970. After that nothing is counted into it."""
        return bucket + self.seconds + self.retention_seconds + EXPIRY_SLACK_S


@dataclass(frozen=True, slots=True)
class Tally:
    """The counters of one bucket: tweets, negative tweets, sum and sum of squares of p(negative) in millionths, unread tweets.

    ``tweets`` does not include the unread ones.
    """

    tweets: int = 0
    negative: int = 0
    sum_p: int = 0
    sum_p2: int = 0
    unread: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.tweets + other.tweets,
            self.negative + other.negative,
            self.sum_p + other.sum_p,
            self.sum_p2 + other.sum_p2,
            self.unread + other.unread,
        )

    def __sub__(self, other: Tally) -> Tally:
        return Tally(
            self.tweets - other.tweets,
            self.negative - other.negative,
            self.sum_p - other.sum_p,
            self.sum_p2 - other.sum_p2,
            self.unread - other.unread,
        )


@dataclass(frozen=True, slots=True)
class CounterUpdate:
    """One partition's advance from ``start`` to ``end``, with all that its rows add.

    ``start`` is None only if nothing was ever counted for the partition. ``settled`` is the end of the partition's
    chain: counts beyond it are pending and can be undone, because after a crash those records are scored again.
    ``tallies`` maps (brand, bucket) to what is added; ``totals`` are those of ``[start, end)``. ``appended_ms`` is
    the arrival of the last record before ``end``, in milliseconds since 1970: the counters then include all
    records up to that moment. Without it, readers see counters that get no fresher.

    :raises ValueError: if ``end`` is before ``start``.
    """

    partition: int
    start: int | None
    end: int
    settled: int = field(kw_only=True)
    tallies: Mapping[tuple[str, int], Tally] = field(default_factory=dict)
    totals: Totals = Totals()
    appended_ms: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= (self.start or 0) <= self.end:
            raise ValueError(f"partition {self.partition} cannot advance from {self.start} to {self.end}")


def build_topic_key(topic: str) -> str:
    """Return the prefix of all keys of a topic, which is also the key that the Redis functions take."""
    return f"badbuzz:{{{topic}}}"


def build_bucket_key(topic: str, brand: str, buckets: Buckets, bucket: int) -> str:
    """Return the key of the hash of one brand's tally in one bucket, with the fields of :class:`Tally`."""
    return f"{build_topic_key(topic)}:count:{brand}:{buckets.seconds}:{bucket}"


def build_meta_key(topic: str) -> str:
    """Return the key of the hash of parameters.

    Its fields: ``version``, ``topic_id``, ``bucket_seconds``, ``retention_seconds``, ``partitions``.
    """
    return f"{build_topic_key(topic)}:meta"


def build_applied_key(topic: str) -> str:
    """Return the key of the hash from partition to the offset up to which (excluding) it is counted."""
    return f"{build_topic_key(topic)}:applied"


def build_seen_key(topic: str) -> str:
    """Return the key of the hash from partition to the time (ms since 1970) up to which Kafka's records are counted."""
    return f"{build_topic_key(topic)}:seen"


def build_brands_key(topic: str) -> str:
    """Return the key of the sorted set of brands named within the retention, by newest bucket, without ``all``."""
    return f"{build_topic_key(topic)}:brands"


def build_clock_key(topic: str) -> str:
    """Return the key of the hash with ``latest_ms``, the server's latest time that a writer's function saw."""
    return f"{build_topic_key(topic)}:clock"


def build_buckets_key(topic: str) -> str:
    """Return the key of the sorted set of the starts of all buckets that may exist."""
    return f"{build_topic_key(topic)}:buckets"


def build_owner_key(topic: str) -> str:
    """Return the key of the hash from partition to the owner token of the takeover that may count for it."""
    return f"{build_topic_key(topic)}:owner"


def build_pending_key(topic: str, partition: int) -> str:
    """Return the key of the list of a partition's pending updates: one JSON object each, oldest first."""
    return f"{build_topic_key(topic)}:pending:{partition}"


def build_totals_key(topic: str, partition: int) -> str:
    """Return the key of a partition's totals since its origin, with the fields of ``Totals``."""
    return f"{build_topic_key(topic)}:totals:{partition}"
