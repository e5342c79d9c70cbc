"""The chain as the worker's core uses it: for each partition, segments without gaps, each published exactly once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pyarrow as pa

    from badbuzz.contracts.scored_row import Gap, OffsetRange, Totals


@dataclass(frozen=True, slots=True)
class RecordTime:
    """The time of a record: its timestamp and when it arrived, both in milliseconds since 1970.

    ``is_kafkas``: the broker set the timestamp (``LogAppendTime``), so it is the same for all workers. Any other timestamp is
    the producer's claim, and workers may disagree about the arrival.
    """

    timestamp_ms: int
    arrived_ms: int
    is_kafkas: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """The content of one file: each offset in ``[first_offset, end_offset)`` is a row, rejected, or in a gap.

    ``table`` has :data:`badbuzz.contracts.scored_row.SCHEMA`, with rows in offset order; it may be empty.
    ``first`` is the time of the first record, rejected or not. ``latest_arrival_ms`` is the latest arrival in the chain up to
    the end of this segment, and ``totals`` count from the chain's origin up to there. ``end_leader_epoch`` is that of the last
    record; None if it is unknown.
    """

    topic: str
    partition: int
    first_offset: int
    end_offset: int
    first: RecordTime
    latest_arrival_ms: int | None
    table: pa.Table
    rejected: tuple[OffsetRange, ...]
    gaps: tuple[Gap, ...]
    totals: Totals
    end_leader_epoch: int | None = None


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The end of a chain: the first offset that it lacks, and the totals and the latest arrival up to there.

    ``end_leader_epoch`` is that of the last record. ``latest_arrival_ms`` is None if the chain is empty, or was written before
    arrivals were decided.
    ``last_rows`` and ``last_rejected`` count the rows and the rejected offsets of the chain's last file.
    """

    end_offset: int
    totals: Totals
    topic_id: str
    end_leader_epoch: int | None = None
    latest_arrival_ms: int | None = None
    last_rows: int = field(default=0, compare=False)
    last_rejected: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ChainRange:
    """Offsets ``[start, end)`` of a chain: its rows in offset order, and the number of rejected offsets."""

    start: int
    end: int
    table: pa.Table
    rejected: int


@dataclass(frozen=True, slots=True)
class CatchUp:
    """The chain of one partition from ``start`` to its end.

    ``before`` are the totals up to ``start``; None if the caller chose ``start`` and therefore knows them.
    """

    start: int
    before: Totals | None
    ranges: Iterator[ChainRange]


class Chain(Protocol):
    """The chains of one topic.

    Every method may raise ``Retry`` (the storage is unavailable), ``Misconfigured`` (it refuses access) or ``DataRefused``.
    """

    def find_ends(self, partitions: Collection[int]) -> dict[int, ChainEnd | None]:
        """Find the current end of each partition's chain; None if its origin has not been claimed.

        :raises DataRefused: if a chain belongs to an earlier topic of the same name, or its last file does not match
            its name.
        """

    def claim_origin(self, partition: int, start_offset: int) -> int:
        """Fix where the partition's chain begins, unless that is already fixed. Return the stored origin."""

    def record_partitions(self, partitions: int) -> int:
        """Record how many partitions the topic has, unless that is recorded. Return the recorded number.

        Call it before the first origin is claimed: a partition beyond this number appeared after the topic was known.

        :raises DataRefused: if the record belongs to an earlier topic of the same name.
        """

    def publish(self, segment: Segment) -> bool:
        """Append a segment. Return False if another worker published there first.

        After ``Retry``, call it again with the same segment: it also returns True if the failed attempt succeeded.

        :raises DataRefused: if the segment does not account for each of its offsets exactly once.
        """

    def read_since(self, partition: int, offset: int | None, not_before_ms: int) -> CatchUp:
        """Read the chain from ``offset`` on.

        If ``offset`` is None, read from the first file that may hold an event of ``not_before_ms`` (since 1970) or later.
        """
