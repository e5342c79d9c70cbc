"""Contract 3: the rolling counters, as alerting systems find them in Redis.

For each brand (and ``all``) and each bucket of event time: how many tweets, how many negative, the sum and the sum of squares of the
probability of negative. Everything is an integer (probabilities count in millionths), so that sums do not depend on the order of
additions and ``badbuzz verify`` can ask for equality.

The ``{topic}`` hash tag keeps one topic's keys in one Redis Cluster slot, so that one call can change them together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.scored_row import Totals

ALL_BRANDS: Final = "all"
MILLION: Final = 1_000_000
"""One, as a probability in millionths."""

EARLY_TOLERANCE_S: Final = 300
"""How far ahead of Kafka's clock an event may be dated: beyond it, one wrong clock would fill buckets of the future."""


class Misdated(Enum):
    """Why a tweet is in no bucket, though it is scored and stored like any other."""

    LATE = "late"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Buckets:
    """The counters' calendar: one per topic, written beside its counters, the same for every worker."""

    seconds: int = 10
    retention_seconds: int = 7_200

    def of(self, event_ms: int, appended_ms: int) -> int | Misdated:
        """The bucket (its start, in seconds since 1970) of an event, by its date and by when Kafka took it.

        Only facts stored with the row decide, never the clock of the machine that counts: a recount gives the same.
        """
        if event_ms > appended_ms + EARLY_TOLERANCE_S * 1000:
            return Misdated.EARLY
        if event_ms < appended_ms - self.retention_seconds * 1000:
            return Misdated.LATE
        return event_ms // 1000 // self.seconds * self.seconds


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


@dataclass(frozen=True, slots=True)
class CounterUpdate:
    """One partition's advance from ``start`` to ``end``, with all that its rows add.

    ``tallies`` maps (brand, bucket) to what is added; ``totals`` are the rows, rejected, late and early of ``[start, end)``. ``start``
    is None only where nothing was ever counted for the partition.
    """

    partition: int
    start: int | None
    end: int
    tallies: Mapping[tuple[str, int], Tally] = field(default_factory=dict)
    totals: Totals | None = None


def topic_key(topic: str) -> str:
    """The prefix of all of a topic's keys, and the one key that the Redis functions take."""
    return f"badbuzz:{{{topic}}}"


def bucket_key(topic: str, brand: str, buckets: Buckets, bucket: int) -> str:
    """The hash that holds one brand's tally in one bucket (fields ``tweets``, ``negative``, ``sum_p``, ``sum_p2``)."""
    return f"{topic_key(topic)}:count:{brand}:{buckets.seconds}:{bucket}"


def meta_key(topic: str) -> str:
    """The hash that holds the contract's parameters: ``version``, ``topic_id``, ``bucket_seconds``, ``retention_seconds``."""
    return f"{topic_key(topic)}:meta"


def applied_key(topic: str) -> str:
    """The hash that maps each partition to the offset up to which (not including) it is counted."""
    return f"{topic_key(topic)}:applied"


def seen_key(topic: str) -> str:
    """The hash that maps each partition to when (seconds since 1970) its counters were last known to be up to date."""
    return f"{topic_key(topic)}:seen"


def totals_key(topic: str, partition: int) -> str:
    """The hash of a partition's totals since its origin: ``rows``, ``negative``, ``rejected``, ``late``, ``early``."""
    return f"{topic_key(topic)}:totals:{partition}"
