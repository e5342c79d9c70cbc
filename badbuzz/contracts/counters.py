"""Contract 3: the rolling counters, as alerting systems find them in Redis.

For each brand (and ``all``) and each bucket of event time: how many tweets, how many negative, the sum and the sum
of squares of the probability of negative. Everything is an integer (probabilities count in millionths), so that sums
do not depend on the order of additions and ``badbuzz verify`` can ask for equality.

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
"""How far ahead of Kafka's clock an event may be dated: beyond it, one wrong clock would fill buckets of the future."""

EXPIRY_SLACK_S: Final = 60
"""How long a bucket outlives its retention: without it, a reader of the whole retention would race with the expiry."""


class Misdated(Enum):
    """Why a tweet is in no bucket, though it is scored and stored like any other."""

    LATE = "late"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Buckets:
    """The counters' calendar: one per topic, written beside its counters, the same for every worker."""

    seconds: int = 10
    retention_seconds: int = 7_200

    def find_bucket(self, event_ms: int, appended_ms: int) -> int | Misdated:
        """The bucket (its start, in seconds since 1970) of an event, by its date and by when Kafka took it.

        Only facts stored with the row decide, never the clock of the machine that counts: a recount gives the same.
        """
        if event_ms > appended_ms + EARLY_TOLERANCE_S * 1000:
            return Misdated.EARLY
        if event_ms < appended_ms - self.retention_seconds * 1000:
            return Misdated.LATE
        return event_ms // 1000 // self.seconds * self.seconds

    def expiry(self, bucket: int) -> int:
        """When a bucket's counters vanish, in seconds since 1970; from then on nothing counts into it any more."""
        return bucket + self.seconds + self.retention_seconds + EXPIRY_SLACK_S


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted: tweets, negative ones, and sum and sum of squares of p(negative) in millionths."""

    tweets: int = 0
    negative: int = 0
    sum_p: int = 0
    sum_p2: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.tweets + other.tweets,
            self.negative + other.negative,
            self.sum_p + other.sum_p,
            self.sum_p2 + other.sum_p2,
        )

    def __sub__(self, other: Tally) -> Tally:
        return Tally(
            self.tweets - other.tweets,
            self.negative - other.negative,
            self.sum_p - other.sum_p,
            self.sum_p2 - other.sum_p2,
        )


@dataclass(frozen=True, slots=True)
class CounterUpdate:
    """One partition's advance from ``start`` to ``end``, with all that its rows add.

    ``start`` is None only where nothing was ever counted for the partition. ``settled`` is the end of the
    partition's chain: what is counted beyond it stays undoable, because after a crash it is scored again.
    ``tallies`` maps (brand, bucket) to what is added; ``totals`` are those of ``[start, end)``. ``appended_ms``
    is Kafka's timestamp of the last record before ``end``, in milliseconds since 1970: the counters then hold all
    that Kafka took until that moment. Without it they get no fresher, which readers see.

    :raises ValueError: if it goes backwards.
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


def topic_key(topic: str) -> str:
    """The prefix of all of a topic's keys, and the one key that the Redis functions take."""
    return f"badbuzz:{{{topic}}}"


def bucket_key(topic: str, brand: str, buckets: Buckets, bucket: int) -> str:
    """The hash that holds one brand's tally in one bucket (fields ``tweets``, ``negative``, ``sum_p``, ``sum_p2``)."""
    return f"{topic_key(topic)}:count:{brand}:{buckets.seconds}:{bucket}"


def meta_key(topic: str) -> str:
    """The hash of the parameters: ``version``, ``topic_id``, ``bucket_seconds``, ``retention_seconds``, ``partitions``."""
    return f"{topic_key(topic)}:meta"


def applied_key(topic: str) -> str:
    """The hash that maps each partition to the offset up to which (not including) it is counted."""
    return f"{topic_key(topic)}:applied"


def seen_key(topic: str) -> str:
    """The hash that maps each partition to a moment (milliseconds since 1970): all that Kafka took until then is counted."""
    return f"{topic_key(topic)}:seen"


def brands_key(topic: str) -> str:
    """The sorted set of the brands named within the retention, by the newest bucket of each; without ``all``."""
    return f"{topic_key(topic)}:brands"


def owner_key(topic: str) -> str:
    """The hash that maps each partition to the takeover that alone may count for it."""
    return f"{topic_key(topic)}:owner"


def pending_key(topic: str, partition: int) -> str:
    """The list of a partition's updates that are counted but not known to be in Parquet: one JSON object each, oldest first."""
    return f"{topic_key(topic)}:pending:{partition}"


def totals_key(topic: str, partition: int) -> str:
    """The hash of a partition's totals since its origin: ``rows``, ``negative``, ``rejected``, ``late``, ``early``."""
    return f"{topic_key(topic)}:totals:{partition}"
