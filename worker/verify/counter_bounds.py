"""What counters must be while workers change them: at least the counts that were there before, at most all that are known.

Without running workers both bounds are equal. With them, they differ only for the buckets of the latest records.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from badbuzz.contracts.counters import Tally
from badbuzz.contracts.scored_row import Totals
from worker.chain.catch_up import read_recent
from worker.counters.tally import tally_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from badbuzz.contracts.scored_row import OffsetRange
    from worker.chain.chain_files import ChainFiles
    from worker.verify.chain_check import CheckedChain
    from worker.verify.redis_counters import CounterSnapshot, PendingUpdate

    Key = tuple[str, int]


@dataclass(slots=True)
class CounterBounds:
    """Bounds of tallies by brand and bucket, and of totals by partition. ``recounted`` are the chains' totals by their rows."""

    least: dict[Key, Tally] = field(default_factory=lambda: defaultdict(Tally))
    most: dict[Key, Tally] = field(default_factory=lambda: defaultdict(Tally))
    least_totals: dict[int, Totals] = field(default_factory=dict)
    most_totals: dict[int, Totals] = field(default_factory=dict)
    recounted: dict[int, Totals] = field(default_factory=dict)

    def add(self, tallies: Mapping[Key, Tally], *, certain: bool) -> None:
        """Add tallies that are counted for certain, or may be."""
        for key, added in tallies.items():
            self.most[key] += added
            if certain:
                self.least[key] += added

    def is_exact(self, key: Key) -> bool:
        """Return whether both bounds of a bucket are equal."""
        return self.least.get(key, Tally()) == self.most.get(key, Tally())


def compute_bounds(
    files: ChainFiles, chains: Mapping[int, CheckedChain], snapshot: CounterSnapshot
) -> CounterBounds:
    """Count the rows that may be in live buckets, and the pending updates. The chains must be listed after the snapshot."""
    bounds = CounterBounds()
    for number, chain in chains.items():
        before = snapshot.before.get(number, 0)
        least, recounted = _count_chain(files, chain, before, snapshot, bounds)
        most = recounted
        for update in list_unpublished(chain, snapshot.pending.get(number, ())):
            certain = update.end <= before
            bounds.add(update.tallies, certain=certain)
            most += update.totals
            least = least + update.totals if certain else least
        bounds.recounted[number], bounds.least_totals[number], bounds.most_totals[number] = (
            recounted,
            least,
            most,
        )
    return bounds


def list_unpublished(chain: CheckedChain, pending: Iterable[PendingUpdate]) -> list[PendingUpdate]:
    """Return the pending updates after the chain's end. Those before it are in the chain's rows."""
    return [update for update in pending if update.end > chain.end.end_offset]


def is_within(least: tuple[int, ...], found: tuple[int, ...], most: tuple[int, ...]) -> bool:
    """Return whether each number is between its bounds."""
    return all(low <= number <= high for low, number, high in zip(least, found, most, strict=True))


def is_tally_within(bounds: CounterBounds, key: Key, found: Tally) -> bool:
    """Return whether a bucket's tally is between its bounds."""
    least, most = bounds.least.get(key, Tally()), bounds.most.get(key, Tally())
    return is_within(astuple(least), astuple(found), astuple(most))


def are_totals_within(bounds: CounterBounds, number: int, found: Totals) -> bool:
    """Return whether a partition's totals are between their bounds."""
    least, most = bounds.least_totals[number], bounds.most_totals[number]
    return is_within(*(tuple(totals.model_dump().values()) for totals in (least, found, most)))


def _count_chain(
    files: ChainFiles, chain: CheckedChain, before: int, snapshot: CounterSnapshot, bounds: CounterBounds
) -> tuple[Totals, Totals]:
    """Count a chain's rows. Return the totals of the offsets up to ``before``, and of all."""
    recent = read_recent(files, chain.origin, snapshot.from_bucket * 1000)
    end = chain.end.end_offset
    if recent.start > end:  # files that were published meanwhile
        return (chain.end.totals if before >= end else Totals()), chain.end.totals
    totals = recent.before or Totals()
    least = totals if recent.start <= before else Totals()
    for chain_range in recent.ranges:
        if chain_range.start >= end:
            break
        for first, last in _split(chain_range.start, chain_range.end, before):
            offset = pc.field("offset")
            rows = chain_range.table.filter((offset >= first) & (offset < last))
            tallies, own = tally_rows(rows, snapshot.buckets)
            own += Totals(rejected=_count_rejected(chain.rejected, first, last))
            totals += own
            bounds.add(tallies, certain=last <= before)
            least = least + own if last <= before else least
    return least, totals


def _split(start: int, end: int, at: int) -> list[tuple[int, int]]:
    return [(start, at), (at, end)] if start < at < end else [(start, end)]


def _count_rejected(rejected: Iterable[OffsetRange], start: int, end: int) -> int:
    return sum(max(0, min(r.end, end) - max(r.start, start)) for r in rejected)
