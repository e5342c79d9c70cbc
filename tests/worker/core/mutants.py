"""Replacements of methods of the core, the counters and the chain. Each one lacks a safeguard."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest import mock

from badbuzz.contracts.scored_row import Totals, to_utc_day
from worker.chain.stored_chain import StoredChain
from worker.core.ledger import Ledger
from worker.core.recovery import Recovery
from worker.core.retry import PollingRetry
from worker.core.worker import Worker
from worker.counters import memory
from worker.counters.memory import CounterStore, MemoryCounters
from worker.counters.port import Applied, Outcome, Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from obstore.store import ObjectStore

    from badbuzz.contracts.counters import Buckets, CounterUpdate
    from worker.chain.port import ChainEnd, Segment
    from worker.core.slices import Slice
    from worker.counters.memory import PartitionCounters
    from worker.counters.tally import Counts
    from worker.dead_letters.port import DeadLetter
    from worker.source.port import Poll, Record

# The original methods.
_at_chain_end, _add_slice, _mark_published = Ledger.at_chain_end, Ledger.add_slice, Ledger.mark_published
_take_over, _retry_init = Recovery.take_over, PollingRetry.__init__
_apply_rebalance, _update_ownership, _run_turn = (
    Worker._apply_rebalance,
    Worker._update_ownership,
    Worker.run_turn,
)
_apply, _apply_one, _undo = MemoryCounters.apply, MemoryCounters._apply, MemoryCounters._undo
_expire = CounterStore.expire
_touch, _take_over_counters, _publish = MemoryCounters.touch, MemoryCounters.take_over, StoredChain.publish


# The ledger of a partition


def repeated_records_are_kept(_: Ledger, records: Sequence[Record]) -> Sequence[Record]:
    return records


def every_gap_is_accepted(_: Ledger, _first_offset: int) -> bool:
    return False


def unconfirmed_gaps_outlive_progress(
    ledger: Ledger, slice_: Slice, counts: Counts, now: float
) -> CounterUpdate:
    unconfirmed_gap_end = ledger.unconfirmed_gap_end
    update = _add_slice(ledger, slice_, counts, now)
    ledger.unconfirmed_gap_end = unconfirmed_gap_end
    return update


def retention_is_no_gap(partition: int, end: ChainEnd, **known: Any) -> Ledger:
    ledger = _at_chain_end(partition, end, **known)
    ledger.gaps.clear()
    return ledger


def counted_means_settled(ledger: Ledger, slice_: Slice, counts: Counts, now: float) -> CounterUpdate:
    return replace(_add_slice(ledger, slice_, counts, now), settled=slice_.end)


def totals_are_not_carried(ledger: Ledger) -> None:
    _mark_published(ledger)
    ledger.totals = Totals()


# Taking partitions over


def the_chain_is_read_before_the_counters(
    recovery: Recovery, partitions: Collection[int]
) -> dict[int, Ledger]:
    ends = recovery._chain.find_ends(partitions)
    with mock.patch.object(recovery._chain, "find_ends", return_value=ends, create=True):
        return _take_over(recovery, partitions)


def the_committed_offset_is_trusted(recovery: Recovery, partitions: Collection[int]) -> dict[int, Ledger]:
    committed = dict(recovery._source._topic.committed)  # type: ignore[attr-defined]  # the simulation's source
    ledgers = _take_over(recovery, partitions)
    for partition, ledger in ledgers.items():
        ledger.chain_end = ledger.position = committed.get(partition, ledger.position)
    return ledgers


def counters_do_not_catch_up(
    _: Recovery, _partition: int, applied: int | None, _end: ChainEnd, _redis_ms: int
) -> int | None:
    return applied


# The worker


def lost_partitions_are_kept(worker: Worker, poll: Poll) -> None:
    kept = dict(worker._ledgers)
    _apply_rebalance(worker, poll)
    worker._ledgers.update(kept)


def revoked_partitions_are_dropped(worker: Worker) -> None:
    worker._revoked.clear()


def lost_refused_partitions_are_kept(worker: Worker, poll: Poll) -> None:
    kept = dict(worker._refused)
    _apply_rebalance(worker, poll)
    worker._refused.update(kept)


def refused_partitions_stay_refused(worker: Worker) -> None:
    kept = dict(worker._refused)
    _update_ownership(worker)
    worker._refused.update(kept)


def refused_partitions_are_taken_over_without_a_commit(worker: Worker) -> None:
    worker._assigned |= worker._refused.keys()
    worker._refused.clear()
    _update_ownership(worker)


def polls_during_a_retry_are_dropped(
    retry: PollingRetry, source: Any, observer: Any, _on_poll: Any, deadline: Any
) -> None:
    _retry_init(retry, source, observer, lambda _poll: None, deadline)


def dead_letters_come_last(worker: Worker) -> int:
    letters: list[DeadLetter] = []
    with mock.patch.object(worker._ports.dead_letters, "send", letters.extend, create=True):
        processed = _run_turn(worker)
    if letters:
        worker._ports.dead_letters.send(letters)
    return processed


def nothing_is_published_at_a_drain(worker: Worker) -> None:
    worker._touch_counters(list(worker._ledgers.values()), caught_up=False)


def counters_are_not_settled_at_a_drain(worker: Worker) -> None:
    for ledger in list(worker._ledgers.values()):
        if ledger.slices:
            worker._publish_segment(ledger)


def counters_are_not_restored_at_a_drain(worker: Worker) -> None:
    counters_are_not_settled_at_a_drain(worker)
    nothing_is_published_at_a_drain(worker)


# The answers of the counters and the chain


def refused_updates_pass_as_applied(
    counters: MemoryCounters, updates: Sequence[CounterUpdate]
) -> dict[int, Outcome]:
    return dict.fromkeys(_apply(counters, updates), Applied())


def refused_touches_pass(
    counters: MemoryCounters, settled: Mapping[int, int], *, caught_up: bool = True
) -> frozenset[int]:
    _touch(counters, settled, caught_up=caught_up)
    return frozenset()


def refused_segments_pass_as_published(chain: StoredChain, segment: Segment) -> bool:
    _publish(chain, segment)
    return True


# Guarantees of the counters


def any_worker_may_count(counters: MemoryCounters, update: CounterUpdate) -> Outcome:
    counters._memory.partition(update.partition).owner = counters._owners[update.partition] = "any worker"
    return _apply_one(counters, update)


def updates_may_start_anywhere(counters: MemoryCounters, update: CounterUpdate) -> Outcome:
    partition = counters._memory.partition(update.partition)
    if not counters._owns(update.partition):
        return Refused(partition.applied, owner_changed=True)
    memory._forget_settled(partition, update.settled)
    counters._advance(partition, update)
    return Applied()


def owner_tokens_are_reused(counters: MemoryCounters, partitions: Collection[int]) -> dict[int, int | None]:
    applied = _take_over_counters(counters, partitions)
    for number in partitions:
        counters._memory.partition(number).owner = counters._owners[number] = f"worker {id(counters)}"
    return applied


def takeovers_change_nothing(counters: MemoryCounters, partitions: Collection[int]) -> dict[int, int | None]:
    return {number: counters._memory.partition(number).applied for number in partitions}


def only_positions_are_undone(_: MemoryCounters, partition: PartitionCounters) -> None:
    first, partition.totals, partition.seen_ms = partition.pending[0]
    partition.applied = first.start
    partition.pending.clear()


def totals_are_not_undone(counters: MemoryCounters, partition: PartitionCounters) -> None:
    totals = partition.totals
    _undo(counters, partition)
    partition.totals = totals


def touching_settles_nothing(
    counters: MemoryCounters, settled: Mapping[int, int], *, caught_up: bool = True
) -> frozenset[int]:
    with mock.patch.object(memory, "_forget_settled"):
        return _touch(counters, settled, caught_up=caught_up)


def old_counters_may_be_touched(
    counters: MemoryCounters, settled: Mapping[int, int], *, caught_up: bool = True
) -> frozenset[int]:
    known = {
        number: min(end, counters._memory.partition(number).applied or 0) for number, end in settled.items()
    }
    return _touch(counters, known, caught_up=caught_up)


# Guarantees of the chain


def days_are_not_agreed(_: ObjectStore, segment: Segment, previous: date) -> date:
    return max(previous, to_utc_day(segment.first.arrived_ms))


def a_clock_may_be_set_back(store: CounterStore, buckets: Buckets) -> None:
    store.latest_s = 0.0
    _expire(store, buckets)


def files_are_replaced(store: ObjectStore, path: str, data: bytes) -> bool:
    store.put(path, data)
    return True
