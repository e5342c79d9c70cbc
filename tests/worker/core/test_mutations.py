"""The proof that the simulation can fail: each safeguard is broken on purpose, and each time the lives of workers show it."""

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
from worker.counters.memory import MemoryCounters

if TYPE_CHECKING:
    from collections.abc import Callable


class Broken(NamedTuple):
    """``target.name`` is replaced by ``mutant``; then ``scenario`` ends with an error that says ``symptom``."""

    target: Any
    name: str
    mutant: Callable[..., Any]
    scenario: str
    symptom: str


TABLE = (
    # the ledger of a partition
    Broken(
        Ledger, "skip_delivered", mutants.repeated_records_are_wanted, "kafka_repeats", "stands behind offset"
    ),
    Broken(Ledger, "should_refetch", mutants.nothing_is_doubted, "kafka_leaps", "is no gap"),
    Broken(Ledger, "add_slice", mutants.doubts_outlive_progress, "leapt_twice", "is no gap"),
    Broken(
        Ledger, "at_chain_end", mutants.retention_is_no_gap, "kafka_forgets", "nor rejected, nor in a gap"
    ),
    Broken(Ledger, "add_slice", mutants.counted_means_settled, "killed", "settled up to 7, but .* ends at 0"),
    Broken(Ledger, "mark_published", mutants.totals_are_not_carried, "killed", "totals of the chain"),
    # taking partitions over
    Broken(
        Recovery,
        "take_over",
        mutants.the_chain_is_read_before_the_counters,
        "predecessor_wakes",
        "settled up to 7, but .* ends at 0",
    ),
    Broken(
        Recovery,
        "take_over",
        mutants.the_committed_offset_is_trusted,
        "killed",
        "cannot advance from 23 to 7",
    ),
    Broken(Recovery, "_catch_up", mutants.counters_do_not_catch_up, "redis_is_emptied", "tallies"),
    # who owns what
    Broken(
        Worker,
        "_apply_rebalance",
        mutants.lost_partitions_are_kept,
        "handed_over_in_peace",
        "knows that nothing waits",
    ),
    Broken(Worker, "_publish_revoked", mutants.nothing_is_handed_over, "handed_over_in_peace", "scored once"),
    Broken(
        Worker, "_apply_rebalance", mutants.lost_suspects_are_kept, "we_freeze", "knows that nothing waits"
    ),
    Broken(
        Worker, "_update_ownership", mutants.suspects_stay_suspects, "we_freeze", "chain to the log's end"
    ),
    Broken(
        Worker,
        "_update_ownership",
        mutants.suspects_do_not_ask_the_group,
        "woken_in_vain",
        "the successor was refused",
    ),
    Broken(
        PollingRetry,
        "__init__",
        mutants.what_polls_bring_in_a_wait_is_dropped,
        "rival_joins_in_a_wait",
        "knows that nothing waits",
    ),
    # the order of steps
    Broken(Worker, "run_turn", mutants.dead_letters_come_last, "killed", "rejected, but no dead letter"),
    Broken(Worker, "drain", mutants.nothing_is_published_at_a_drain, "stopped", "chain to the log's end"),
    Broken(Worker, "drain", mutants.nothing_is_settled_at_a_drain, "stopped", "settled"),
    Broken(Worker, "drain", mutants.nothing_is_mended_at_a_drain, "emptied_before_a_drain", "tallies"),
    # answers that nobody listens to
    Broken(
        MemoryCounters,
        "apply",
        mutants.refused_updates_pass_as_applied,
        "emptied_in_a_backlog",
        "counted again at once",
    ),
    Broken(MemoryCounters, "touch", mutants.refused_touches_pass, "restored_when_all_was_counted", "tallies"),
    Broken(
        StoredChain,
        "publish",
        mutants.refused_segments_pass_as_published,
        "predecessor_wakes",
        "chain to the log's end",
    ),
    # what counters promise
    Broken(MemoryCounters, "_apply", mutants.anybody_may_count, "succeeded", "tallies"),
    Broken(MemoryCounters, "_apply", mutants.updates_may_start_anywhere, "restored", "tallies"),
    Broken(
        MemoryCounters,
        "take_over",
        mutants.takeovers_are_a_worker_s,
        "restored_from_an_earlier_tenure",
        "tallies",
    ),
    Broken(MemoryCounters, "take_over", mutants.takeovers_only_read, "killed", "goes round for ever"),
    Broken(MemoryCounters, "_undo", mutants.only_positions_are_undone, "killed", "tallies"),
    Broken(MemoryCounters, "_undo", mutants.totals_are_not_undone, "killed", "totals"),
    Broken(MemoryCounters, "touch", mutants.touching_settles_nothing, "killed", "settled"),
    Broken(
        MemoryCounters,
        "touch",
        mutants.old_counters_may_be_touched,
        "restored_when_all_was_counted",
        "tallies",
    ),
    # what the chain promises
    Broken(stored_chain, "create_object", mutants.files_are_replaced, "succeeded", "totals of the chain"),
)


def run_variants(scenario: str) -> None:
    for variant in scenarios.SCENARIOS[scenario]:
        variant()


@pytest.mark.parametrize("broken", TABLE, ids=lambda broken: broken.mutant.__name__)
def test_a_broken_safeguard_is_seen(broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broken.target, broken.name, broken.mutant)
    with pytest.raises((AssertionError, BadBuzzError, ValueError), match=broken.symptom):
        run_variants(broken.scenario)
