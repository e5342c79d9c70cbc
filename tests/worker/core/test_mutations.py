"""Proof that the simulation can fail: each safeguard is broken on purpose, and a scenario fails for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from badbuzz.errors import BadBuzzError
from tests.worker.core import mutants, scenarios
from worker.chain import stored_chain
from worker.chain.stored_chain import StoredChain
from worker.core.ledger import Ledger
from worker.core.recovery import Recovery
from worker.core.retry import PollingRetry
from worker.core.worker import Worker
from worker.counters.memory import CounterStore, MemoryCounters

if TYPE_CHECKING:
    from collections.abc import Callable


class BrokenSafeguard(NamedTuple):
    """``target.name`` is replaced by ``mutant``; then ``scenario`` fails with ``symptom``."""

    target: Any
    name: str
    mutant: Callable[..., Any]
    scenario: str
    symptom: str


TABLE = (
    # the ledger of a partition
    BrokenSafeguard(
        Ledger,
        "skip_delivered",
        mutants.repeated_records_are_kept,
        "kafka_repeats_records",
        "follows offset",
    ),
    BrokenSafeguard(
        Ledger, "should_refetch", mutants.every_gap_is_accepted, "kafka_skips_ahead", "is no gap"
    ),
    BrokenSafeguard(
        Ledger, "add_slice", mutants.unconfirmed_gaps_outlive_progress, "kafka_skips_ahead_twice", "is no gap"
    ),
    BrokenSafeguard(
        Ledger,
        "at_chain_end",
        mutants.retention_is_no_gap,
        "kafka_deletes_records",
        "nor rejected, nor in a gap",
    ),
    BrokenSafeguard(
        Ledger,
        "add_slice",
        mutants.counted_means_settled,
        "worker_is_killed",
        "settled up to 7, but .* ends at 0",
    ),
    BrokenSafeguard(
        Ledger, "mark_published", mutants.totals_are_not_carried, "worker_is_killed", "totals of the chain"
    ),
    # taking partitions over
    BrokenSafeguard(
        Recovery,
        "take_over",
        mutants.the_chain_is_read_before_the_counters,
        "predecessor_wakes",
        "settled up to 7, but .* ends at 0",
    ),
    BrokenSafeguard(
        Recovery,
        "take_over",
        mutants.the_committed_offset_is_trusted,
        "worker_is_killed",
        "cannot advance from 23 to 7",
    ),
    BrokenSafeguard(Recovery, "_catch_up", mutants.counters_do_not_catch_up, "redis_is_emptied", "tallies"),
    # ownership
    BrokenSafeguard(
        Worker,
        "_apply_rebalance",
        mutants.lost_partitions_are_kept,
        "planned_handovers",
        "a lag of 0",
    ),
    BrokenSafeguard(
        Worker, "_publish_revoked", mutants.revoked_partitions_are_dropped, "planned_handovers", "scored once"
    ),
    BrokenSafeguard(
        Worker, "_apply_rebalance", mutants.lost_refused_partitions_are_kept, "worker_freezes", "a lag of 0"
    ),
    BrokenSafeguard(
        Worker,
        "_update_ownership",
        mutants.refused_partitions_stay_refused,
        "worker_freezes",
        "chain to the log's end",
    ),
    BrokenSafeguard(
        Worker,
        "_update_ownership",
        mutants.refused_partitions_are_taken_over_without_a_commit,
        "replaced_worker_wakes",
        "the successor was refused",
    ),
    BrokenSafeguard(
        PollingRetry,
        "__init__",
        mutants.polls_during_a_retry_are_dropped,
        "rival_joins_during_a_retry",
        "a lag of 0",
    ),
    # the order of steps
    BrokenSafeguard(
        Worker, "run_turn", mutants.dead_letters_come_last, "worker_is_killed", "rejected, but no dead letter"
    ),
    BrokenSafeguard(
        Worker, "drain", mutants.nothing_is_published_at_a_drain, "worker_stops", "chain to the log's end"
    ),
    BrokenSafeguard(Worker, "drain", mutants.counters_are_not_settled_at_a_drain, "worker_stops", "settled"),
    BrokenSafeguard(
        Worker,
        "drain",
        mutants.counters_are_not_restored_at_a_drain,
        "redis_is_emptied_before_a_drain",
        "tallies",
    ),
    # answers of the sinks
    BrokenSafeguard(
        MemoryCounters,
        "apply",
        mutants.refused_updates_pass_as_applied,
        "redis_is_emptied_under_load",
        "counted again at once",
    ),
    BrokenSafeguard(
        MemoryCounters, "touch", mutants.refused_touches_pass, "redis_is_restored_after_counting", "tallies"
    ),
    BrokenSafeguard(
        StoredChain,
        "publish",
        mutants.refused_segments_pass_as_published,
        "predecessor_wakes",
        "chain to the log's end",
    ),
    # guarantees of the counters
    BrokenSafeguard(MemoryCounters, "_apply", mutants.any_worker_may_count, "worker_is_replaced", "tallies"),
    BrokenSafeguard(
        MemoryCounters, "_apply", mutants.updates_may_start_anywhere, "redis_is_restored", "tallies"
    ),
    BrokenSafeguard(
        MemoryCounters,
        "take_over",
        mutants.owner_tokens_are_reused,
        "redis_is_restored_from_before_a_takeover",
        "tallies",
    ),
    BrokenSafeguard(
        MemoryCounters, "take_over", mutants.takeovers_change_nothing, "worker_is_killed", "endless loop"
    ),
    BrokenSafeguard(
        MemoryCounters, "_undo", mutants.only_positions_are_undone, "worker_is_killed", "tallies"
    ),
    BrokenSafeguard(MemoryCounters, "_undo", mutants.totals_are_not_undone, "worker_is_killed", "totals"),
    BrokenSafeguard(MemoryCounters, "touch", mutants.touching_settles_nothing, "worker_is_killed", "settled"),
    BrokenSafeguard(
        MemoryCounters,
        "touch",
        mutants.old_counters_may_be_touched,
        "redis_is_restored_after_counting",
        "tallies",
    ),
    BrokenSafeguard(CounterStore, "expire", mutants.a_clock_may_be_set_back, "redis_clock_jumps", "tallies"),
    # guarantees of the chain
    BrokenSafeguard(
        stored_chain,
        "agree_day",
        mutants.days_are_not_agreed,
        "worker_with_another_clock_has_a_rival",
        "chain to the log's end",
    ),
    BrokenSafeguard(
        stored_chain,
        "create_object",
        mutants.files_are_replaced,
        "worker_is_replaced",
        "replaced by another worker",
    ),
)


def run_variants(scenario: str) -> None:
    for variant in scenarios.SCENARIOS[scenario]:
        variant()


@pytest.mark.parametrize("broken", TABLE, ids=lambda broken: broken.mutant.__name__)
def test_a_scenario_fails_without_the_safeguard(
    broken: BrokenSafeguard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broken.target, broken.name, broken.mutant)
    with pytest.raises((AssertionError, BadBuzzError, ValueError), match=broken.symptom):
        run_variants(broken.scenario)
