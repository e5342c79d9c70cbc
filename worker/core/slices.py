"""Slices: consecutive offsets of a partition in one micro-batch, each a row, rejected, or in a gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from badbuzz.contracts.scored_row import Gap, OffsetRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TypeAlias

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from worker.chain.port import RecordTime
    from worker.source.port import Record

    MicroBatch: TypeAlias = Mapping[int, "DeliveredRecords"]
    """The records of each partition."""


class DeliveredRecords(NamedTuple):
    """Records of one partition from ``position`` on, in offset order, and when each arrived (:mod:`worker.core.arrival`)."""

    position: int
    records: Sequence[Record]
    arrived_ms: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Slice:
    """Offsets ``[start, end)`` of one partition: each is a row, rejected, or in a gap.

    ``rows`` has the columns of :data:`badbuzz.contracts.scored_row.SCHEMA`, in offset order. ``first`` is the first record's
    time, and ``last_arrived_ms`` the arrival of the last record; either record may be rejected. ``leader_epoch`` is that of the
    last record.
    """

    partition: int
    start: int
    end: int
    first: RecordTime
    last_arrived_ms: int
    rows: pa.Table
    rejected: tuple[int, ...] = ()
    gaps: tuple[Gap, ...] = ()
    leader_epoch: int | None = None


def find_gaps(expected: int, offsets: Iterable[int], tombstones: Sequence[int] = ()) -> tuple[Gap, ...]:
    """Return the gaps between ascending ``offsets``, and between ``expected`` and the first: Kafka has no record there.

    ``tombstones`` are those of the offsets whose records have no value. They are gaps, too.
    """
    gaps: list[Gap] = []
    for offset in offsets:
        if offset > expected:
            gaps.append(Gap(start=expected, end=offset, reason="absent"))
        expected = offset + 1
    if tombstones:
        gaps += (Gap(start=r.start, end=r.end, reason="tombstone") for r in to_ranges(tombstones))
        gaps.sort(key=lambda gap: gap.start)
    return tuple(gaps)


def to_ranges(offsets: Sequence[int]) -> tuple[OffsetRange, ...]:
    """Return ascending offsets as ranges, so that many rejected records in a row do not make a footer as large as the rows."""
    ranges: list[OffsetRange] = []
    for offset in offsets:
        if ranges and ranges[-1].end == offset:
            ranges[-1] = OffsetRange(start=ranges[-1].start, end=offset + 1)
        else:
            ranges.append(OffsetRange(start=offset, end=offset + 1))
    return tuple(ranges)
