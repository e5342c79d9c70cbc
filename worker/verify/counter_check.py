"""Compares the counters in Redis with the rows in Parquet, if both have counted the same offsets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from badbuzz.contracts.counters import Tally
from badbuzz.contracts.scored_row import Totals
from worker.chain.catch_up import read_recent
from worker.counters.tally import tally_rows
from worker.verify.counter_differences import find_differences, find_first_row
from worker.verify.report import Violation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from badbuzz.contracts.counters import Buckets
    from worker.chain.chain_files import ChainFiles
    from worker.verify.chain_check import CheckedChain
    from worker.verify.counter_differences import CounterDifference
    from worker.verify.redis_counters import CounterPositions, RedisCounterReader


@dataclass(frozen=True, slots=True)
class CounterComparison:
    """The result of comparing the counters; see :class:`worker.verify.report.VerificationReport`."""

    proven: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()
    unsettled: tuple[str, ...] = ()


def compare_counters(
    files: ChainFiles, chains: Mapping[int, CheckedChain], reader: RedisCounterReader
) -> CounterComparison:
    """Compare the counters exactly if they are where the chains end; otherwise report where they are.

    :raises Retry: if Redis is unavailable.
    """
    positions = reader.fetch_positions()
    if unsettled := _describe_unsettled(chains, positions):
        return CounterComparison(unsettled=unsettled)
    if positions is None:
        return CounterComparison(proven=("counters: none, and no rows",))
    if foreign := _find_foreign(chains, positions):
        return CounterComparison(violations=foreign)

    oldest = _first_live_bucket(positions.buckets, reader.fetch_time())
    rows, recounted = _count_rows(files, chains, positions.buckets, oldest)
    counted = reader.fetch_tallies(positions.buckets)
    from_bucket = _first_live_bucket(positions.buckets, reader.fetch_time())
    totals = reader.fetch_totals(chains)
    if reader.fetch_positions() != positions:
        return CounterComparison(
            unsettled=("counters moved while they were compared; try again, or stop the workers first",)
        )

    wrong = find_differences(rows, counted, from_bucket=from_bucket)
    violations = [
        *(_find_wrong_totals(number, "Redis has", totals[number], chains[number]) for number in chains),
        *(
            _find_wrong_totals(number, "a recount gives", recounted[number], chains[number])
            for number in chains
        ),
        *([_locate(files, chains, positions.buckets, wrong)] if wrong else []),
    ]
    compared = len({key for key in (*rows, *counted) if key[1] >= from_bucket})
    equal = (
        f"counters: {compared} live buckets equal to the rows",
        f"counters: totals of {len(chains)} partitions equal to the rows",
    )
    found = tuple(violation for violation in violations if violation)
    return CounterComparison(proven=() if found else equal, violations=found)


def _describe_unsettled(
    chains: Mapping[int, CheckedChain], positions: CounterPositions | None
) -> tuple[str, ...]:
    applied = positions.applied if positions else {}
    published = {number: chain.end.end_offset for number, chain in chains.items()}
    begun = {number for number, chain in chains.items() if published[number] > chain.origin.start_offset}
    return tuple(
        f"partition {number}: counted up to {applied.get(number, 'nothing')}, published up to "
        f"{published.get(number, 'nothing')}: not comparable until a worker has drained it"
        for number in sorted(begun | applied.keys())
        if applied.get(number) != published.get(number)
    )


def _find_foreign(chains: Mapping[int, CheckedChain], positions: CounterPositions) -> tuple[Violation, ...]:
    ids = {chain.origin.topic_id for chain in chains.values()} - {positions.topic_id}
    problem = f"the counters belong to topic id {positions.topic_id}; the chains belong to topic id {', '.join(sorted(ids))}"
    return (Violation(None, None, problem),) if ids else ()


def _first_live_bucket(buckets: Buckets, now: int) -> int:
    """Return the first bucket that expires after ``now``."""
    return now - buckets.compute_expiry(0) + 1


def _count_rows(
    files: ChainFiles, chains: Mapping[int, CheckedChain], buckets: Buckets, oldest: int
) -> tuple[dict[tuple[str, int], Tally], dict[int, Totals]]:
    """Tally the rows that may be in live buckets, and recount each chain's totals."""
    tallies: dict[tuple[str, int], Tally] = defaultdict(Tally)
    recounted = {}
    for number, chain in chains.items():
        recent = read_recent(files, chain.origin, oldest * 1000)
        totals = recent.before or Totals()
        for chain_range in recent.ranges:
            found, own = tally_rows(chain_range.table, buckets)
            totals += own + Totals(rejected=chain_range.rejected)
            for key, added in found.items():
                tallies[key] += added
        recounted[number] = totals
    return tallies, recounted


def _find_wrong_totals(number: int, source: str, totals: Totals, chain: CheckedChain) -> Violation | None:
    if totals == chain.end.totals:
        return None
    return Violation(number, None, f"totals: {source} {totals}; the chain's footers say {chain.end.totals}")


def _locate(
    files: ChainFiles,
    chains: Mapping[int, CheckedChain],
    buckets: Buckets,
    wrong: Sequence[CounterDifference],
) -> Violation:
    """Describe the oldest difference, the first offset that counts in its bucket, and how many more differences there are."""
    first = wrong[0]
    more = f" ({len(wrong) - 1} more buckets differ)" if len(wrong) > 1 else ""
    for number, chain in chains.items():
        for chain_range in read_recent(files, chain.origin, first.bucket * 1000).ranges:
            offset = find_first_row(chain_range.table, first.brand, first.bucket, buckets)
            if offset is not None:
                return Violation(number, offset, f"{first}{more}")
    return Violation(None, None, f"{first}{more}")
