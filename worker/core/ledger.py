"""The ledger of a partition: the position of each sink, and the slices that are scored but not yet published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from badbuzz.contracts.counters import CounterUpdate
from badbuzz.contracts.scored_row import SCHEMA, Gap, Totals
from worker.chain.port import Segment
from worker.core.arrival import ArrivalClock
from worker.core.slices import to_ranges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.chain.port import ChainEnd
    from worker.core.slices import Slice
    from worker.counters.tally import Counts
    from worker.source.port import Record


@dataclass(slots=True)
class Ledger:
    """The positions and unpublished slices of one partition. Always ``chain_end <= position``.

    :param chain_end: end of the chain, the first offset that Parquet lacks.
    :param counted: the first offset that the counters lack; None until something was counted. It equals ``position`` after
        each micro-batch.
    :param totals: of the chain; ``pending_totals`` are those of ``slices``.
    :param arrivals: decides when records arrived.
    :param position: the next offset to read from Kafka. ``slices`` and ``gaps`` cover ``[chain_end, position)``.
    :param rows: number of rows in ``slices``.
    :param opened_at: when the first of ``slices`` was added.
    :param leader_epoch: of the record before ``position``; None if it is unknown.
    :param unconfirmed_gap_end: see :meth:`should_refetch`.
    :param last_rows: of the chain's last file at the takeover, as ``last_rejected``.
    """

    partition: int
    chain_end: int
    counted: int | None
    totals: Totals
    position: int
    leader_epoch: int | None = None
    arrivals: ArrivalClock = field(default_factory=ArrivalClock)
    gaps: list[Gap] = field(default_factory=list)
    slices: list[Slice] = field(default_factory=list)
    pending_totals: Totals = field(default_factory=Totals)
    rows: int = 0
    opened_at: float = 0.0
    unconfirmed_gap_end: int | None = None
    last_rows: int = 0
    last_rejected: int = 0

    @classmethod
    def at_chain_end(cls, partition: int, end: ChainEnd, *, log_start: int, counted: int | None) -> Ledger:
        """Return a ledger at the end of the chain. Offsets that Kafka has deleted since are a gap."""
        chain_end = end.end_offset
        ledger = cls(partition, chain_end, counted, end.totals, chain_end, end.end_leader_epoch)
        ledger.arrivals = ArrivalClock(end.latest_arrival_ms)
        ledger.last_rows, ledger.last_rejected = end.last_rows, end.last_rejected
        if log_start > chain_end:
            ledger.gaps.append(Gap(start=chain_end, end=log_start, reason="retention"))
            ledger.position, ledger.leader_epoch = log_start, None
        return ledger

    def skip_delivered(self, records: Sequence[Record]) -> Sequence[Record]:
        """Return ``records`` without those before ``position``. Kafka may deliver records again, but never out of order."""
        if not records or records[0].offset >= self.position:
            return records
        return [record for record in records if record.offset >= self.position]

    def should_refetch(self, first_offset: int) -> bool:
        """Return whether records that begin beyond ``position`` must be fetched again.

        A gap in the chain is permanent, so a gap at the head of a delivery is accepted only if Kafka shows it twice in a row. The
        first time, the records may be a response to a fetch that was sent before a seek.
        """
        if first_offset <= self.position or first_offset == self.unconfirmed_gap_end:
            return False
        self.unconfirmed_gap_end = first_offset
        return True

    def add_slice(self, slice_: Slice, counts: Counts, now: float) -> CounterUpdate:
        """Add a slice that starts at ``position``. Return its update of the counters."""
        if slice_.start != self.position:
            raise AssertionError(
                f"partition {self.partition}: the slice starts at {slice_.start}; expected {self.position}"
            )
        tallies, totals = counts
        totals += Totals(rejected=len(slice_.rejected))
        if not self.slices:
            self.opened_at = now
        self.slices.append(slice_)
        self.rows += slice_.rows.num_rows
        self.pending_totals += totals
        self.position, self.leader_epoch = slice_.end, slice_.leader_epoch
        self.unconfirmed_gap_end = None
        return CounterUpdate(
            self.partition,
            start=self.counted,
            end=slice_.end,
            settled=self.chain_end,
            tallies=tallies,
            totals=totals,
            appended_ms=slice_.last_arrived_ms,
        )

    def build_segment(self, topic: str) -> Segment:
        """Return all slices as one segment of the chain."""
        rejected = [offset for slice_ in self.slices for offset in slice_.rejected]
        return Segment(
            topic=topic,
            partition=self.partition,
            first_offset=self.chain_end,
            end_offset=self.position,
            first=self.slices[0].first,
            latest_arrival_ms=self.arrivals.latest_ms,
            table=pa.concat_tables([slice_.rows for slice_ in self.slices])
            if self.slices
            else SCHEMA.empty_table(),
            rejected=to_ranges(rejected),
            gaps=(*self.gaps, *(gap for slice_ in self.slices for gap in slice_.gaps)),
            totals=self.totals + self.pending_totals,
            end_leader_epoch=self.leader_epoch,
        )

    def mark_published(self) -> None:
        """Move the slices, now published, to the chain."""
        self.chain_end = self.position
        self.totals += self.pending_totals
        self.pending_totals = Totals()
        self.slices.clear()
        self.gaps.clear()
        self.rows = 0

    def is_due(self, now: float, *, rows: int, seconds: float) -> bool:
        """Return whether the slices are large or old enough to be published."""
        return bool(self.slices) and (self.rows >= rows or now - self.opened_at >= seconds)
