"""What a chain is to the worker's core: per partition, a gapless run of segments, each published once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pyarrow as pa

    from badbuzz.contracts.scored_row import Gap, OffsetRange, Totals


@dataclass(frozen=True, slots=True)
class Segment:
    """What becomes one file: each offset in ``[first_offset, end_offset)`` is a row, rejected, or in a gap.

    ``table`` has :data:`badbuzz.contracts.scored_row.SCHEMA`, rows in offset order; it may be empty.
    ``first_timestamp_ms`` is Kafka's timestamp of the first record, rejected or not. ``totals`` count from
    the chain's origin up to and including this segment.
    """

    topic: str
    partition: int
    first_offset: int
    end_offset: int
    first_timestamp_ms: int
    table: pa.Table
    rejected: tuple[OffsetRange, ...]
    gaps: tuple[Gap, ...]
    totals: Totals


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """Where a partition's chain ends: the first offset that it lacks, and what it holds up to there."""

    end_offset: int
    totals: Totals
    topic_id: str


@dataclass(frozen=True, slots=True)
class ChainRange:
    """Offsets ``[start, end)`` as the chain has them: rows in offset order, and how many were rejected."""

    start: int
    end: int
    table: pa.Table
    rejected: int


@dataclass(frozen=True, slots=True)
class CatchUp:
    """The chain of one partition from ``start`` to its end, file by file.

    ``before`` is what the chain holds up to ``start``; None if the caller gave ``start``, and so has totals.
    """

    start: int
    before: Totals | None
    ranges: Iterator[ChainRange]


class Chain(Protocol):
    """The chains of one topic.

    Every method may raise ``Retry`` (storage is away), ``Misconfigured`` (it refuses us) or ``DataRefused``.
    """

    def find_ends(self, partitions: Collection[int]) -> dict[int, ChainEnd | None]:
        """Find where each partition's chain ends now; None if nobody has claimed its origin yet.

        :raises DataRefused: if a chain belongs to another topic of the same name, or its last file is not
            what it claims to be.
        """

    def claim_origin(self, partition: int, start_offset: int) -> int:
        """Fix where the partition's chain begins, unless somebody has. Returns the origin that holds."""

    def publish(self, segment: Segment) -> bool:
        """Append a segment. False if a rival was first; True also if an earlier attempt succeeded.

        May be called again with the same segment after ``Retry``.

        :raises DataRefused: if the segment does not account for each of its offsets exactly once.
        """

    def read_since(self, partition: int, offset: int | None, not_before_ms: int) -> CatchUp:
        """Give what the chain holds from ``offset`` on.

        With None: from the first file on that may hold an event of ``not_before_ms`` (since 1970) or later.
        """
