"""The counters in memory, with the behaviour of :mod:`worker.counters.redis_sink`. They serve tests."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from badbuzz.contracts.counters import ALL_BRANDS, Buckets, CounterUpdate, Tally
from badbuzz.contracts.scored_row import Totals
from badbuzz.errors import DataRefused, Misconfigured
from worker.counters.port import Applied, Outcome, Refused, check_partitions_unique

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

CLOCK_STEP_S = 30
"""A clock that is set back further may have expired buckets too early."""


@dataclass(slots=True)
class PartitionCounters:
    """The state of one partition. Each pending update is stored with the ``totals`` and ``seen_ms`` before it."""

    owner: str | None = None
    applied: int | None = None
    seen_ms: int | None = None
    totals: Totals = Totals()
    pending: list[tuple[CounterUpdate, Totals, int | None]] = field(default_factory=list)


@dataclass(slots=True)
class CounterStore:
    """One topic's counters, shared by several sinks. ``clock`` returns seconds since 1970."""

    clock: Callable[[], float] = time.time
    meta: tuple[str, Buckets] | None = None
    expected_partitions: int = 0
    partitions: dict[int, PartitionCounters] = field(default_factory=dict)
    tallies: dict[tuple[str, int], Tally] = field(default_factory=dict)
    newest_bucket: dict[str, int] = field(default_factory=dict)
    latest_s: float = 0.0

    def clear(self) -> None:
        """Delete everything, like a server that restarts without its data."""
        self.meta = None
        self.expected_partitions = 0
        self.latest_s = 0.0
        self.forget_everything()

    def forget_everything(self) -> None:
        """Delete all counters and positions."""
        self.partitions.clear()
        self.tallies.clear()
        self.newest_bucket.clear()

    def partition(self, number: int) -> PartitionCounters:
        """Return the partition's state, creating it if it is missing."""
        return self.partitions.setdefault(number, PartitionCounters())

    def expire(self, buckets: Buckets) -> None:
        """Delete expired buckets, or everything if the clock was set back and may have expired buckets too early."""
        now = self.clock()
        if now + CLOCK_STEP_S < self.latest_s:
            self.forget_everything()
        self.latest_s = now
        self.tallies = {
            key: tally for key, tally in self.tallies.items() if buckets.compute_expiry(key[1]) > now
        }
        self.newest_bucket = {
            b: bucket for b, bucket in self.newest_bucket.items() if buckets.compute_expiry(bucket) > now
        }


class MemoryCounters:
    """A :class:`worker.counters.port.CounterSink` on a :class:`CounterStore`."""

    def __init__(self, memory: CounterStore) -> None:
        self._memory = memory
        self._owners: dict[int, str] = {}
        self._topic_id: str
        self._buckets: Buckets
        self._partitions: int

    def open(self, topic_id: str, buckets: Buckets, partitions: int) -> None:
        """Write the counters' parameters, or check the existing ones."""
        self._topic_id, self._buckets, self._partitions = topic_id, buckets, partitions
        self._enter()

    def expect_partitions(self, partitions: int) -> None:
        """Raise the topic's number of partitions."""
        self._partitions = partitions
        self._enter()

    def take_over(self, partitions: Collection[int]) -> dict[int, int | None]:
        """Become the owner and undo pending counts."""
        self._enter()
        for number in partitions:
            partition = self._memory.partition(number)
            partition.owner = self._owners[number] = uuid.uuid4().hex
            if partition.pending:
                self._undo(partition)
        return {number: self._memory.partition(number).applied for number in partitions}

    def apply(self, updates: Sequence[CounterUpdate]) -> dict[int, Outcome]:
        """Count a micro-batch."""
        check_partitions_unique(updates)
        self._enter()
        return {update.partition: self._apply(update) for update in updates}

    def touch(self, settled: Mapping[int, int], *, caught_up: bool = True) -> frozenset[int]:
        """Report how far each chain is settled and whether all records in Kafka are counted."""
        self._enter()
        lost = set()
        for number, end in settled.items():
            partition = self._memory.partition(number)
            if not self._owns(number) or (partition.applied or 0) < end:
                lost.add(number)
                continue
            _forget_settled(partition, end)
            if caught_up:
                partition.seen_ms = self._now_ms()
        return frozenset(lost)

    def fetch_clock_ms(self) -> int:
        """Return the clock's time."""
        return self._now_ms()

    def close(self) -> None:
        """Do nothing."""

    def _enter(self) -> None:
        memory = self._memory
        topic_id, buckets = memory.meta = memory.meta or (self._topic_id, self._buckets)
        if topic_id != self._topic_id:
            raise DataRefused(
                f"the counters belong to the topic with id {topic_id}, Kafka's has id {self._topic_id}"
            )
        if buckets != self._buckets:
            raise Misconfigured(f"the counters have {buckets}, this worker is set to {self._buckets}")
        memory.expected_partitions = max(memory.expected_partitions, self._partitions)
        memory.expire(buckets)

    def _apply(self, update: CounterUpdate) -> Outcome:
        partition = self._memory.partition(update.partition)
        if not self._owns(update.partition):
            return Refused(partition.applied, owner_changed=True)
        if partition.applied == update.start:
            _forget_settled(partition, update.settled)
            self._advance(partition, update)
            return Applied()
        if partition.applied == update.end:
            return Applied()
        return Refused(partition.applied, owner_changed=False)

    def _owns(self, number: int) -> bool:
        owner = self._memory.partition(number).owner
        return owner is not None and owner == self._owners.get(number)

    def _advance(self, partition: PartitionCounters, update: CounterUpdate) -> None:
        if update.end > update.settled:
            partition.pending.append((update, partition.totals, partition.seen_ms))
        self._add(update.tallies)
        partition.totals += update.totals
        partition.applied = update.end
        if update.appended_ms is not None:
            partition.seen_ms = max(min(update.appended_ms, self._now_ms()), partition.seen_ms or 0)

    def _add(self, tallies: Mapping[tuple[str, int], Tally]) -> None:
        memory = self._memory
        for (brand, bucket), tally in tallies.items():
            if self._buckets.compute_expiry(bucket) > memory.clock():
                memory.tallies[brand, bucket] = memory.tallies.get((brand, bucket), Tally()) + tally
                if brand != ALL_BRANDS:
                    memory.newest_bucket[brand] = max(memory.newest_bucket.get(brand, bucket), bucket)

    def _undo(self, partition: PartitionCounters) -> None:
        tallies = self._memory.tallies
        for update, *_ in partition.pending:
            for key, tally in update.tallies.items():
                if key in tallies:
                    tallies[key] -= tally
        self._memory.tallies = {key: tally for key, tally in tallies.items() if tally.tweets or tally.unread}
        first, partition.totals, partition.seen_ms = partition.pending[0]
        partition.applied = first.start
        partition.pending.clear()

    def _now_ms(self) -> int:
        return int(self._memory.clock() * 1000)


def _forget_settled(partition: PartitionCounters, settled: int) -> None:
    while partition.pending and partition.pending[0][0].end <= settled:
        partition.pending.pop(0)
