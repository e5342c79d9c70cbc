"""Compares the counters in Redis with the rows in Parquet, also while workers run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from badbuzz.contracts.scored_row import Totals
from worker.chain.catch_up import read_recent
from worker.verify.counter_bounds import are_totals_within, compute_bounds, list_unpublished
from worker.verify.counter_differences import find_differences, find_first_row
from worker.verify.report import Violation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from badbuzz.contracts.counters import Buckets
    from worker.chain.chain_files import ChainFiles
    from worker.verify.chain_check import CheckedChain
    from worker.verify.counter_bounds import CounterBounds
    from worker.verify.counter_differences import CounterDifference
    from worker.verify.redis_counters import (
        CounterPositions,
        CounterSnapshot,
        PendingUpdate,
        RedisCounterReader,
    )


@dataclass(frozen=True, slots=True)
class CounterComparison:
    """The result of comparing the counters; see :class:`worker.verify.report.VerificationReport`.

    ``pending`` names the partitions that are counted further than published.
    """

    proven: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()
    unsettled: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


def compare_counters(
    files: ChainFiles,
    chains: Mapping[int, CheckedChain],
    snapshot: CounterSnapshot | None,
    reader: RedisCounterReader,
) -> CounterComparison:
    """Compare the counters of ``snapshot`` with the rows of ``chains``, which must be listed after it.

    While workers run, buckets that they do not change are compared exactly, and the others with their bounds.

    :raises Retry: if Redis is unavailable.
    """
    now = reader.fetch_positions()
    if unsettled := _describe_unsettled(chains, snapshot, now):
        return CounterComparison(unsettled=unsettled)
    if snapshot is None:
        return CounterComparison(proven=("counters: none, and no rows",))
    if foreign := _find_foreign(chains, snapshot.topic_id):
        return CounterComparison(violations=foreign)
    if not snapshot.is_stable:
        return CounterComparison(
            unsettled=("counters: a worker took partitions over while they were read; try again",)
        )
    bounds = compute_bounds(files, chains, snapshot)
    wrong = find_differences(bounds, snapshot.tallies, from_bucket=snapshot.from_bucket)
    violations = [
        *(_find_wrong_totals(number, bounds, snapshot) for number in chains),
        *(_find_miscount(number, bounds.recounted[number], chain) for number, chain in chains.items()),
        *([_locate(files, chains, snapshot.buckets, wrong)] if wrong else []),
    ]
    found = tuple(violation for violation in violations if violation)
    if found:
        return CounterComparison(violations=found)
    return CounterComparison(
        proven=_describe_proven(bounds, snapshot, chains), pending=_describe_pending(chains, snapshot)
    )


def _describe_unsettled(
    chains: Mapping[int, CheckedChain], snapshot: CounterSnapshot | None, now: CounterPositions | None
) -> tuple[str, ...]:
    """Name the partitions whose counters lack published rows, or have counts that are neither published nor pending."""
    seen = snapshot.after if snapshot else {}
    latest = now.applied if now else {}
    lines = []
    for number in sorted(chains.keys() | seen.keys()):
        chain = chains.get(number)
        end = chain.end.end_offset if chain else None
        begun = chain is not None and end != chain.origin.start_offset
        known = _find_known_end(chain, snapshot.pending.get(number, ())) if chain and snapshot else end
        is_behind = begun and (number not in latest or latest[number] < (end or 0))
        is_ahead = number in seen and (known is None or seen[number] > known)
        if is_behind or is_ahead:
            applied = latest.get(number, "nothing") if is_behind else seen[number]
            lines.append(
                f"partition {number}: counted up to {applied}, published up to {'nothing' if end is None else end}: not "
                "comparable until a worker has drained it"
            )
    return tuple(lines)


def _find_known_end(chain: CheckedChain, pending: tuple[PendingUpdate, ...]) -> int:
    """Return the end of what the chain and the pending updates after it hold without a hole."""
    known = chain.end.end_offset
    for update in list_unpublished(chain, pending):
        if (chain.origin.start_offset if update.start is None else update.start) != known:
            break
        known = update.end
    return known


def _describe_pending(chains: Mapping[int, CheckedChain], snapshot: CounterSnapshot) -> tuple[str, ...]:
    return tuple(
        f"partition {number}: counted up to {snapshot.after[number]}, published up to {chain.end.end_offset}"
        for number, chain in chains.items()
        if snapshot.after.get(number, 0) > chain.end.end_offset
    )


def _describe_proven(
    bounds: CounterBounds, snapshot: CounterSnapshot, chains: Mapping[int, CheckedChain]
) -> tuple[str, ...]:
    live = {key for key in (*bounds.most, *snapshot.tallies) if key[1] >= snapshot.from_bucket}
    exact = sum(bounds.is_exact(key) for key in live)
    moving = len(live) - exact
    settled = sum(bounds.least_totals[number] == bounds.most_totals[number] for number in chains)
    lines = [
        f"counters: {exact} live buckets equal to the rows",
        f"counters: totals of {settled} partitions equal to the rows",
    ]
    if moving or settled < len(chains):
        lines.append(
            f"counters: {moving} buckets and totals of {len(chains) - settled} partitions that workers changed meanwhile are "
            "between the counts before and after"
        )
    return tuple(lines)


def _find_foreign(chains: Mapping[int, CheckedChain], topic_id: str) -> tuple[Violation, ...]:
    ids = {chain.origin.topic_id for chain in chains.values()} - {topic_id}
    problem = (
        f"the counters belong to topic id {topic_id}; the chains belong to topic id {', '.join(sorted(ids))}"
    )
    return (Violation(None, None, problem),) if ids else ()


def _find_wrong_totals(number: int, bounds: CounterBounds, snapshot: CounterSnapshot) -> Violation | None:
    totals = snapshot.totals.get(number, Totals())
    if are_totals_within(bounds, number, totals):
        return None
    expected = bounds.most_totals[number]
    return Violation(number, None, f"totals: Redis has {totals}; the rows and pending updates say {expected}")


def _find_miscount(number: int, recounted: Totals, chain: CheckedChain) -> Violation | None:
    if recounted == chain.end.totals:
        return None
    return Violation(
        number, None, f"totals: a recount gives {recounted}; the chain's footers say {chain.end.totals}"
    )


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
