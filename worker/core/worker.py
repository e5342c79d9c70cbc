"""The worker. Each turn polls, scores, counts and publishes.

Both sinks decide by compare-and-set, so a worker that is wrong about owning a partition changes nothing. When a sink refuses it,
the worker drops what it holds of the partition, asks the group whether it is still a member, and starts again at the chain's end.

Four containers of :class:`Worker` hold the state of its partitions:

=============  ============================================  ==============================  ================================
container      state of a partition                          enters when                     leaves when
=============  ============================================  ==============================  ================================
``_assigned``  given by the group, not started               a poll assigns it, or the       it is taken over, to ``_ledgers``,
                                                             group accepts a commit after    or revoked, or lost
                                                             a refusal
``_ledgers``   owned: read, scored, counted, published       it is taken over                a sink refuses, to ``_refused``;
                                                                                             it is revoked, to ``_revoked``;
                                                                                             or it is lost
``_refused``   a sink refused us; only the end of the chain  a sink refuses                  the group accepts a commit, to
               is kept                                                                       ``_assigned``; it is revoked or lost
``_revoked``   asked back by the group, slices not yet       a poll revokes it while it is   ``_publish_revoked`` publishes the
               published                                     in ``_ledgers``                 slices or, if it cannot, drops them
=============  ============================================  ==============================  ================================

A partition that the source revokes and assigns in one poll is in ``_revoked`` and in ``_assigned``.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from badbuzz.errors import BadBuzzError, GiveUp, Retry
from worker.core.bad_record_limit import BadRecordLimit
from worker.core.clocks import HOST_CLOCK, Clocks, HostClock
from worker.core.recovery import Recovery
from worker.core.retry import PollingRetry
from worker.core.slices import DeliveredRecords
from worker.core.stalls import StallDetector
from worker.counters.port import Refused
from worker.counters.tally import tally_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from badbuzz.contracts.counters import Buckets
    from badbuzz.contracts.scored_row import Gap
    from worker.core.ledger import Ledger
    from worker.core.observer import WorkerObserver
    from worker.core.ports import Limits, Ports
    from worker.core.slices import MicroBatch, Slice
    from worker.source.port import Poll

TOUCH_INTERVAL_S = 1.0
"""How often counters without new records are marked as up to date, so that readers see staleness within seconds."""
DRAIN_S = 15.0
"""How long a graceful stop waits for dependencies. A call in progress at that time ends by its own timeout."""
IDLE_TURNS = 20
"""Turns without a record and without lag before a topic counts as drained; high watermarks are known only after a fetch."""


class Worker:
    """One member of the group. Not thread-safe, except for :meth:`stop`."""

    def __init__(
        self,
        ports: Ports,
        buckets: Buckets,
        observer: WorkerObserver,
        limits: Limits,
        clock: HostClock = HOST_CLOCK,
    ) -> None:
        self._ports = ports
        self._clock = clock.monotonic
        self._clocks = Clocks(ports.counters, clock.wall)
        self._recovery = Recovery(
            ports.source, ports.chain, ports.counters, buckets, self._clocks, start=limits.start
        )
        self._buckets = buckets
        self._limits = limits
        self._observer = observer
        self._bad_records = BadRecordLimit(limits.bad_ratio, limits.bad_window)
        self._ledgers: dict[int, Ledger] = {}
        self._assigned: set[int] = set()
        self._refused: dict[int, int] = {}
        self._revoked: list[Ledger] = []
        self._next_touch = 0.0
        self._partitions = 0
        self._stop_deadline: float | None = None
        self._last_rebalance = self._clock()
        self._retry = PollingRetry(ports.source, observer, self._apply_rebalance, lambda: self._stop_deadline)
        self._stalls = StallDetector(ports.source, observer, self._clock)

    def stop(self) -> None:
        """Request a drain that waits at most ``DRAIN_S`` for dependencies. May be called from a signal handler."""
        if self._stop_deadline is None:
            self._stop_deadline = time.monotonic() + DRAIN_S

    @property
    def is_stopping(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._stop_deadline is not None

    def run(self, *, until_drained: bool = False) -> None:
        """Run turns until stopped or, with ``until_drained``, until the topic is drained; then drain the worker.

        :raises GiveUp: if a retry cannot help.
        """
        idle = 0
        while not self.is_stopping and not (until_drained and idle >= IDLE_TURNS):
            idle = idle + 1 if not self.run_turn() and self.is_drained() else 0
        self.drain()

    def run_turn(self) -> int:
        """Run one turn. Return how many offsets it processed."""
        poll = self._ports.source.poll(self._limits.batch_wait_s, self._limits.batch_records)
        self._apply_rebalance(poll)
        self._update_ownership()
        slices = self._score_batch(self._select_records(poll))
        self._count_slices(slices)
        self._publish_due()
        self._report_turn()
        return sum(slice_.end - slice_.start for slice_ in slices)

    def drain(self) -> None:
        """Publish all slices, settle the counters and commit.

        :raises DependencyDown: if a dependency stays away beyond ``DRAIN_S``. Nothing is lost: unpublished rows are scored again.
        """
        self._publish_revoked()
        for ledger in list(self._ledgers.values()):
            if ledger.slices:
                self._retry.check_deadline("publishing to a slow storage")
                self._publish_segment(ledger)
        self._touch_counters(list(self._ledgers.values()), caught_up=False)
        if self._refused:  # a Redis that lost its memory gets its counters from the files just published
            self._update_ownership()

    def compute_lag(self) -> int | None:
        """Return the records up to the ends of our partitions' logs; None while one of them is unknown."""
        lags = self._compute_owned_lags()
        if self._assigned or self._refused or len(lags) < len(self._ledgers):
            return None
        return sum(lags.values())

    def compute_held_back(self) -> dict[int, range]:
        """Return the offsets of each owned partition that an open transaction holds back."""
        held_back = self._ports.source.compute_held_back()
        return {partition: offsets for partition, offsets in sorted(held_back.items()) if offsets}

    def is_drained(self) -> bool:
        """Return whether the topic has no records left for us. Records of an open transaction are not waited for.

        Unless we own all partitions, that takes a session without a rebalance: the partitions of a dead member may become ours.
        """
        if self.compute_lag() != 0:
            return False
        stable = self._clock() - self._last_rebalance > self._limits.session_s
        return stable or (bool(self._ledgers) and len(self._ledgers) == self._ports.source.count_partitions())

    def _apply_rebalance(self, poll: Poll) -> None:
        """Store what a poll assigned, revoked or took away, also during a retry. ``_update_ownership`` acts on it."""
        if poll.assigned or poll.revoked or poll.lost or self._stalls.owned is None:
            self._last_rebalance = self._clock()
        for partition in poll.revoked & self._ledgers.keys():
            self._revoked.append(self._ledgers[partition])
        for partition in poll.revoked | poll.lost:
            self._ledgers.pop(partition, None)
            self._refused.pop(partition, None)
            self._assigned.discard(partition)
        self._assigned |= poll.assigned

    def _publish_revoked(self) -> None:
        """Publish the slices of revoked partitions, so that the next owner does not score them again and counters never dip.

        This is tried once, as the next owner does not wait. If a dependency is away or the next owner was faster, the slices are
        scored again.
        """
        while self._revoked:
            ledger = self._revoked.pop()
            with suppress(Retry):
                if not ledger.slices or self._append_segment(ledger):
                    self._ports.counters.touch({ledger.partition: ledger.chain_end}, caught_up=False)

    def _update_ownership(self) -> None:
        """Give up revoked partitions, take over and start assigned ones."""
        self._publish_revoked()
        for partition, chain_end in list(self._refused.items()):
            if self._commit_offsets({partition: chain_end}):
                self._refused.pop(partition, None)
                self._assigned.add(partition)
        while self._assigned:
            assigned = frozenset(self._assigned)
            ledgers = self._retry.call(partial(self._recovery.take_over, assigned))
            for partition in assigned & self._assigned:
                self._start_partition(ledgers[partition])
            self._assigned -= assigned
            self._publish_revoked()  # polls during a retry may have revoked more
            self._commit_offsets({partition: ledger.chain_end for partition, ledger in ledgers.items()})

    def _start_partition(self, ledger: Ledger) -> None:
        self._ledgers[ledger.partition] = ledger
        self._bad_records.remember(ledger.partition, ledger.last_rows, ledger.last_rejected)
        self._report_gaps(ledger.partition, ledger.gaps)
        self._seek_position(ledger)

    def _seek_position(self, ledger: Ledger) -> None:
        self._ports.source.start_partition(ledger.partition, ledger.position, ledger.leader_epoch)

    def _select_records(self, poll: Poll) -> MicroBatch:
        batch = {}
        now_ms = self._clocks.now_ms()
        for partition, records in poll.records.items():
            ledger = self._ledgers.get(partition)
            if ledger is None or not (new := ledger.skip_delivered(records)):
                continue
            if ledger.should_refetch(new[0].offset):
                self._seek_position(ledger)
            else:
                arrived_ms, corrected = ledger.arrivals.decide(new, now_ms)
                batch[partition] = DeliveredRecords(ledger.position, new, arrived_ms)
                if corrected:
                    self._observer.on_timestamps_corrected(corrected)
        return batch

    def _score_batch(self, batch: MicroBatch) -> list[Slice]:
        if not batch:
            return []
        started = self._clock()
        try:
            slices, letters = self._ports.pipeline.score(batch)
            rows = sum(slice_.rows.num_rows for slice_ in slices)
            self._bad_records.add_batch(rows + len(letters), len(letters))
        except GiveUp:
            # Otherwise each restart would score what is not published again, and send its dead letters again.
            self.stop()
            with suppress(BadBuzzError):
                self.drain()
            raise
        self._observer.on_scored(rows, self._clock() - started)
        if letters:
            self._retry.call(lambda: self._ports.dead_letters.send(letters))
            for letter in letters:
                self._observer.on_rejected(letter.error.stage)
        return slices

    def _count_slices(self, slices: list[Slice]) -> None:
        updates = {}
        counted = tally_tables([slice_.rows for slice_ in slices], self._buckets)
        for slice_, counts in zip(slices, counted, strict=True):
            if ledger := self._ledgers.get(slice_.partition):
                update = ledger.add_slice(slice_, counts, self._clock())
                if not self._clocks.agree(ledger.arrivals.kafka_ahead_ms):
                    update = replace(update, appended_ms=None)
                updates[slice_.partition] = update
                self._report_gaps(slice_.partition, slice_.gaps)
        if not updates:
            return
        outcomes = self._retry.call(lambda: self._ports.counters.apply(list(updates.values())))
        for partition, outcome in outcomes.items():
            if isinstance(outcome, Refused):
                self._drop_refused(partition, "counters")
            elif ledger := self._ledgers.get(partition):
                ledger.counted = updates[partition].end
        for slice_, (_, totals) in zip(slices, counted, strict=True):
            self._observer.on_counted(slice_.first.arrived_ms, late=totals.late, early=totals.early)

    def _publish_due(self) -> None:
        """Publish the segment that is due for longest. Many become due at once, and a dozen files take a second."""
        limits, now = self._limits, self._clock()
        due = [
            ledger
            for ledger in self._ledgers.values()
            if ledger.is_due(now, rows=limits.file_rows, seconds=limits.file_seconds)
        ]
        if due:
            self._publish_segment(min(due, key=lambda ledger: ledger.opened_at))
        while sum(ledger.rows for ledger in self._ledgers.values()) > limits.buffer_rows:
            self._publish_segment(max(self._ledgers.values(), key=lambda ledger: ledger.rows))

    def _publish_segment(self, ledger: Ledger) -> None:
        if not self._retry.call(lambda: self._append_segment(ledger)):
            self._drop_refused(ledger.partition, "chain")
        elif ledger.partition in self._ledgers:
            self._commit_offsets({ledger.partition: ledger.chain_end})

    def _append_segment(self, ledger: Ledger) -> bool:
        started = self._clock()
        segment = ledger.build_segment(self._ports.source.topic)
        if not self._ports.chain.publish(segment):
            return False
        ledger.mark_published()
        self._observer.on_published(ledger.partition, segment.table.num_rows, self._clock() - started)
        return True

    def _commit_offsets(self, chain_ends: dict[int, int]) -> bool:
        return self._retry.call(lambda: self._ports.source.commit(chain_ends))

    def _drop_refused(self, partition: int, sink: str) -> None:
        ledger = self._ledgers.pop(partition, None)
        if ledger:
            self._refused[partition] = ledger.chain_end
        self._observer.on_refused(partition, sink)

    def _report_gaps(self, partition: int, gaps: Iterable[Gap]) -> None:
        for gap in gaps:
            self._observer.on_gap(partition, gap)

    def _report_turn(self) -> None:
        self._observer.on_turn()
        asked_ms = self._clocks.now_ms()
        progress = self._stalls.check({number: ledger.position for number, ledger in self._ledgers.items()})
        for partition in progress.keys() & self._ledgers.keys():
            self._ledgers[partition].arrivals.observe_watermark(progress[partition].high_watermark, asked_ms)
        if self._clock() < self._next_touch:
            return
        self._next_touch = self._clock() + TOUCH_INTERVAL_S
        self._expect_partitions()
        lags, held_back = self._compute_owned_lags(), self._ports.source.compute_held_back()
        if self._stalls.owned is not None:
            self._observer.on_lags(lags)
            self._observer.on_held_back(held_back)
        self._retry.call(self._clocks.compare)
        self._clocks.report(
            self._observer, (ledger.arrivals.kafka_ahead_ms for ledger in self._ledgers.values())
        )
        self._touch_caught_up(
            [self._ledgers[p] for p, lag in lags.items() if not lag and p in self._ledgers], held_back
        )

    def _touch_caught_up(self, ledgers: list[Ledger], held_back: Mapping[int, range]) -> None:
        """Report settled ends. Useless clocks, and tweets that wait for a transaction, leave the counters out of date."""
        is_fresh = {
            ledger.partition: self._clocks.agree(ledger.arrivals.kafka_ahead_ms)
            and not held_back.get(ledger.partition)
            for ledger in ledgers
        }
        for caught_up in (True, False):
            some = [ledger for ledger in ledgers if is_fresh[ledger.partition] is caught_up]
            self._touch_counters(some, caught_up=caught_up)

    def _expect_partitions(self) -> None:
        """Report added partitions, so that readers see the counters as stale until a worker counts them."""
        partitions = self._ports.source.count_partitions()
        if partitions > self._partitions:
            self._retry.call(lambda: self._ports.counters.expect_partitions(partitions))
            self._partitions = partitions

    def _touch_counters(self, ledgers: list[Ledger], *, caught_up: bool) -> None:
        settled = {ledger.partition: ledger.chain_end for ledger in ledgers}
        if not settled:
            return
        touch = partial(self._ports.counters.touch, settled, caught_up=caught_up)
        for partition in self._retry.call(touch):
            self._drop_refused(partition, "counters")

    def _compute_owned_lags(self) -> dict[int, int]:
        """Return the lag of each owned partition. Delivered records are processed in the same turn, so it equals the source's."""
        lags = self._ports.source.compute_lags()
        return {partition: lag for partition, lag in lags.items() if partition in self._ledgers}
