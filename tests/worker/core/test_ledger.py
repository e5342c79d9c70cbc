"""The positions of a partition, its slices, and the segments and counter updates that they become."""

from __future__ import annotations

from dataclasses import replace

import pytest

from badbuzz.contracts.counters import Tally
from badbuzz.contracts.scored_row import Gap, OffsetRange, Totals
from tests.worker.chain.segments import make_rows
from tests.worker.pipeline.fakes import good
from worker.chain.port import ChainEnd, RecordTime
from worker.core.ledger import Ledger
from worker.core.slices import Slice

NOW = 100.0


def ledger_at(chain_end: int, log_start: int = 0) -> Ledger:
    end = ChainEnd(chain_end, Totals(rows=chain_end), "topic-id", end_leader_epoch=4)
    return Ledger.at_chain_end(0, end, log_start=log_start, counted=chain_end)


def slice_of(start: int, end: int, rejected: tuple[int, ...] = (), gaps: tuple[Gap, ...] = ()) -> Slice:
    """A slice with one row for each offset that is neither rejected nor in a gap."""
    missing = {*rejected, *(offset for gap in gaps for offset in range(gap.start, gap.end))}
    return Slice(
        partition=0,
        start=start,
        end=end,
        first=RecordTime(1_000 + start, 1_000 + start, is_kafkas=True),
        last_arrived_ms=1_000 + end - 1,
        rows=make_rows([offset for offset in range(start, end) if offset not in missing]),
        rejected=rejected,
        gaps=gaps,
    )


def counts(slice_: Slice) -> tuple[dict[tuple[str, int], Tally], Totals]:
    return {("all", 10): Tally(slice_.rows.num_rows, 0, 0, 0)}, Totals(rows=slice_.rows.num_rows)


def test_a_ledger_starts_at_the_chains_end() -> None:
    ledger = ledger_at(chain_end=5)
    assert (ledger.position, ledger.counted, ledger.gaps) == (5, 5, [])


def test_offsets_that_kafka_deleted_after_the_chains_end_are_a_gap() -> None:
    ledger = ledger_at(chain_end=5, log_start=8)
    assert (ledger.position, ledger.chain_end) == (8, 5)
    assert ledger.gaps == [Gap(start=5, end=8, reason="retention")]
    assert ledger_at(chain_end=5, log_start=5).gaps == []


def test_records_before_the_position_are_skipped() -> None:
    ledger = ledger_at(chain_end=5)
    records = [good(offset) for offset in range(3, 8)]
    assert [record.offset for record in ledger.skip_delivered(records)] == [5, 6, 7]
    assert ledger.skip_delivered(records[2:]) == records[2:]
    assert ledger.skip_delivered(records[:2]) == []
    assert ledger.skip_delivered([]) == []


def test_a_gap_at_the_head_of_a_delivery_is_accepted_the_second_time() -> None:
    ledger = ledger_at(chain_end=5)
    assert not ledger.should_refetch(5)
    assert ledger.should_refetch(9)
    assert not ledger.should_refetch(9)


def test_another_gap_or_progress_in_between_asks_for_confirmation_again() -> None:
    ledger = ledger_at(chain_end=5)
    assert ledger.should_refetch(9)
    assert ledger.should_refetch(8), "another gap"
    added = slice_of(5, 6)
    ledger.add_slice(added, counts(added), NOW)
    assert ledger.should_refetch(8), "progress"


def test_a_slice_updates_the_counters_and_moves_the_position() -> None:
    ledger = ledger_at(chain_end=5)
    first, second = slice_of(5, 8, rejected=(6,)), slice_of(8, 10)
    update = ledger.add_slice(first, counts(first), NOW)
    assert (update.partition, update.start, update.end, update.settled) == (0, 5, 8, 5)
    assert update.totals == Totals(rows=2, rejected=1)
    assert update.tallies == {("all", 10): Tally(2, 0, 0, 0)}
    assert update.appended_ms == 1_007
    ledger.counted = update.end
    update = ledger.add_slice(second, counts(second), NOW + 60)
    assert (update.start, update.end, update.settled) == (8, 10, 5)
    assert (ledger.position, ledger.rows, ledger.opened_at) == (10, 4, NOW)


def test_a_slice_must_start_at_the_position() -> None:
    added = slice_of(6, 7)
    with pytest.raises(AssertionError, match="partition 0: the slice starts at 6; expected 5"):
        ledger_at(chain_end=5).add_slice(added, counts(added), NOW)


def test_all_slices_and_gaps_become_one_segment() -> None:
    ledger = ledger_at(chain_end=5, log_start=7)
    absent = Gap(start=10, end=12, reason="absent")
    for added in (slice_of(7, 10, rejected=(8, 9)), slice_of(10, 13, gaps=(absent,))):
        ledger.add_slice(added, counts(added), NOW)
    segment = ledger.build_segment("tweets")
    assert (segment.topic, segment.partition) == ("tweets", 0)
    assert (segment.first_offset, segment.end_offset, segment.first.arrived_ms) == (5, 13, 1_007)
    assert segment.table["offset"].to_pylist() == [7, 12]
    assert segment.rejected == (OffsetRange(start=8, end=10),)
    assert segment.gaps == (Gap(start=5, end=7, reason="retention"), absent)
    assert segment.totals == Totals(rows=5 + 2, rejected=2)


def test_published_slices_leave_the_ledger() -> None:
    ledger = ledger_at(chain_end=5, log_start=7)
    added = slice_of(7, 9)
    ledger.add_slice(added, counts(added), NOW)
    ledger.mark_published()
    assert (ledger.chain_end, ledger.position, ledger.rows) == (9, 9, 0)
    assert (ledger.slices, ledger.gaps) == ([], [])
    assert (ledger.totals, ledger.pending_totals) == (Totals(rows=7), Totals())


def test_slices_are_due_when_they_are_large_or_old() -> None:
    ledger = ledger_at(chain_end=5)
    assert not ledger.is_due(NOW + 1_000, rows=1, seconds=1), "there are none"
    added = slice_of(5, 8)
    ledger.add_slice(added, counts(added), NOW)
    assert not ledger.is_due(NOW + 59, rows=4, seconds=60)
    assert ledger.is_due(NOW + 60, rows=4, seconds=60)
    assert ledger.is_due(NOW, rows=3, seconds=60)


def test_the_leader_epoch_is_that_of_the_last_record() -> None:
    ledger = ledger_at(10)
    assert ledger.leader_epoch == 4
    for added in (replace(slice_of(10, 12), leader_epoch=5), replace(slice_of(12, 14), leader_epoch=7)):
        ledger.add_slice(added, counts(added), NOW)
    assert ledger.build_segment("tweets").end_leader_epoch == 7
    ledger.mark_published()
    assert ledger.leader_epoch == 7


def test_the_leader_epoch_before_a_log_that_was_shortened_is_unknown() -> None:
    assert ledger_at(10, log_start=13).leader_epoch is None
