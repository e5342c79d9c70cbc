"""Checks exactly-once results: every offset is once in the chain and once in the counters, or a dead letter, or a real gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.contracts.scored_row import Totals, to_utc_day
from tests.worker.core.simulation import BUCKETS
from worker.chain.chain_files import ChainFiles
from worker.counters.tally import tally_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.contracts.counters import Tally
    from tests.worker.core.simulation import SimulatedSystem


def check_exactly_once(system: SimulatedSystem) -> None:
    """Check a system that has settled."""
    rejected = {
        (partition, offset)
        for partition in range(system.partitions)
        for offset in _check_chain(system, partition)
    }
    letters = {(letter.record.partition, letter.record.offset) for letter in system.letters.letters}
    assert rejected <= letters, "rejected, but no dead letter"
    assert letters <= system.bad, "a dead letter of a good record"
    _check_counters(system, len(rejected))
    for member in system.members:
        assert member.worker.compute_lag() == 0, "a lag of 0"


def _check_chain(system: SimulatedSystem, partition: int) -> list[int]:
    """Check the chain of one partition. Return its rejected offsets."""
    bounds = system.topic.bounds(partition)
    footers = system.footers(partition)
    origin = system.claim_origin(partition)
    begins = [footer.first_offset for footer in footers]
    assert [footer.end_offset for footer in footers] == [*begins[1:], bounds.end], "chain to the log's end"
    assert begins[0] == origin
    days = [file.day for file in ChainFiles(system.store.rows, system.topic.name).list_all()[partition]]
    assert days == sorted(days), "days do not fall"
    assert days[-1] <= to_utc_day(int(system.now_s * 1000)), "no day of a clock that is ahead"
    rows = system.rows(partition)["offset"].to_pylist()
    bad = [offset for footer in footers for run in footer.rejected for offset in range(run.start, run.end)]
    gaps = {
        offset: gap.reason
        for footer in footers
        for gap in footer.gaps
        for offset in range(gap.start, gap.end)
    }
    assert sorted([*rows, *bad, *gaps]) == list(range(origin, bounds.end)), "each offset once"
    for offset, reason in gaps.items():
        gone, skipped = offset < bounds.start, (partition, offset) in system.skipped
        assert gone if reason == "retention" else skipped, f"offset {offset} is no gap"
    planted = {offset for number, offset in system.bad if number == partition and offset >= origin}
    assert set(bad) == planted - gaps.keys(), "rejected is what is bad"
    _, totals = tally_rows(system.rows(partition), BUCKETS)
    assert footers[-1].totals == totals.model_copy(update={"rejected": len(bad)}), "totals of the chain"
    assert system.topic.committed[partition] == bounds.end, "committed"
    return bad


def _check_counters(system: SimulatedSystem, rejected: int) -> None:
    tallies, totals = system.expected_counters()
    counted = {key: value for key, value in system.counters.tallies.items() if value.tweets or value.unread}
    assert _select_live(system, counted) == _select_live(system, tallies), "tallies"
    partitions = [system.counters.partition(number) for number in range(system.partitions)]
    counted_totals = sum((partition.totals for partition in partitions), Totals())
    assert counted_totals == totals.model_copy(update={"rejected": rejected}), "totals"
    for number, partition in enumerate(partitions):
        assert partition.applied == system.topic.bounds(number).end, "counted to the log's end"
        assert not partition.pending, "settled"


def _select_live(
    system: SimulatedSystem, tallies: Mapping[tuple[str, int], Tally]
) -> dict[tuple[str, int], Tally]:
    """Leave out the buckets that have expired by Redis's clock."""
    return {
        (brand, bucket): tally
        for (brand, bucket), tally in tallies.items()
        if BUCKETS.compute_expiry(bucket) > system.now_s
    }
