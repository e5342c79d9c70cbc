"""Random histories of two writers, redeliveries, takeovers and losses: the counters always equal the sum of a plain log."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from badbuzz.contracts.counters import CounterUpdate, Tally
from badbuzz.contracts.scored_row import Totals
from tests.worker.counters.backends import BUCKETS, CounterBackend, MemoryCounterBackend, RedisCounterBackend
from worker.counters.memory import MemoryCounters
from worker.counters.port import Applied, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from worker.counters.port import Outcome

NEWEST = int(time.time()) // 10 * 10
EXPIRED = NEWEST - BUCKETS.retention_seconds - 600
KEYS = [(brand, bucket) for brand in ("all", "acme", "a:10") for bucket in (NEWEST - 10, NEWEST, EXPIRED)]
WRITERS = st.integers(0, 1)
PARTITIONS = st.integers(0, 1)
AMOUNTS = st.integers(0, 5)
TALLIES = st.dictionaries(
    st.sampled_from(KEYS),
    st.builds(Tally, st.integers(1, 5), AMOUNTS, st.integers(0, 10**9), st.integers(0, 10**9), AMOUNTS)
    | st.builds(Tally, unread=st.integers(1, 5)),
    max_size=4,
)
TOTALS = st.builds(
    Totals, rows=AMOUNTS, negative=AMOUNTS, rejected=AMOUNTS, late=AMOUNTS, early=AMOUNTS, unread=AMOUNTS
)
STEPS = st.tuples(st.integers(0, 3), st.integers(0, 12))
ADDS = st.tuples(TALLIES, TOTALS, st.none() | st.integers(0, NEWEST * 1000))
Adds = tuple[dict[tuple[str, int], Tally], Totals, int | None]


class Log:
    """One partition's counted updates. Updates from ``undoable`` on can still be undone."""

    def __init__(self) -> None:
        self.owner: int | None = None
        self.updates: list[CounterUpdate] = []
        self.undoable = 0

    @property
    def applied(self) -> int | None:
        return self.updates[-1].end if self.updates else None

    def settle(self, offset: int) -> None:
        while self.undoable < len(self.updates) and self.updates[self.undoable].end <= offset:
            self.undoable += 1


class Histories(RuleBasedStateMachine):
    make_backend: ClassVar[Callable[[], CounterBackend]]

    @initialize()
    def start(self) -> None:
        self.backend = type(self).make_backend()
        self.sinks = [self.backend.open_sink(), self.backend.open_sink()]
        self.logs: defaultdict[int, Log] = defaultdict(Log)

    @rule(writer=WRITERS, partitions=st.sets(PARTITIONS))
    def take_over(self, writer: int, partitions: set[int]) -> None:
        for partition in partitions:
            log = self.logs[partition]
            log.owner = writer
            del log.updates[log.undoable :]
        expected = {partition: self.logs[partition].applied for partition in partitions}
        assert self.sinks[writer].take_over(partitions) == expected

    @rule(writer=WRITERS, partition=PARTITIONS, step=STEPS, adds=ADDS)
    def count(self, writer: int, partition: int, step: tuple[int, int], adds: Adds) -> None:
        length, unsettled = step
        start = self.logs[partition].applied
        end = (start or 0) + length
        self._apply(writer, CounterUpdate(partition, start, end, *adds, settled=max(0, end - unsettled)))

    @rule(
        writer=WRITERS, partition=PARTITIONS, start=st.none() | st.integers(0, 20), length=st.integers(0, 5)
    )
    def count_from_anywhere(self, writer: int, partition: int, start: int | None, length: int) -> None:
        tallies = {("all", NEWEST): Tally(1, 1, 1, 1)}
        self._apply(writer, CounterUpdate(partition, start, (start or 0) + length, tallies, settled=0))

    @rule(writer=WRITERS, partition=PARTITIONS)
    def deliver_again(self, writer: int, partition: int) -> None:
        if self.logs[partition].updates:
            self._apply(writer, self.logs[partition].updates[-1])

    @rule(writer=WRITERS, settled=st.dictionaries(PARTITIONS, st.integers(0, 30)), caught_up=st.booleans())
    def touch(self, writer: int, settled: dict[int, int], *, caught_up: bool) -> None:
        ours = {
            partition
            for partition, end in settled.items()
            if self.logs[partition].owner == writer and (self.logs[partition].applied or 0) >= end
        }
        for partition in ours:
            self.logs[partition].settle(settled[partition])
        assert self.sinks[writer].touch(settled, caught_up=caught_up) == settled.keys() - ours

    @rule(writer=WRITERS)
    def restart(self, writer: int) -> None:
        for log in self.logs.values():
            log.owner = None if log.owner == writer else log.owner
        self.sinks[writer] = self.backend.open_sink()

    @rule()
    def lose_everything(self) -> None:
        self.logs.clear()
        self.backend.lose()

    @invariant()
    def counters_are_the_sum_of_the_log(self) -> None:
        expected: defaultdict[tuple[str, int], Tally] = defaultdict(Tally)
        for log in self.logs.values():
            for update in log.updates:
                for key, tally in update.tallies.items():
                    expected[key] += tally
        for key in KEYS:
            found = self.backend.tally(*key)
            assert found == (expected.get(key) if key[1] != EXPIRED else None)

    @invariant()
    def partitions_are_where_the_log_ends(self) -> None:
        for partition, log in self.logs.items():
            known = self.backend.known(partition)
            assert known.applied == log.applied
            assert known.totals == sum((update.totals for update in log.updates), Totals())
            assert known.pending == tuple((u.start, u.end) for u in log.updates[log.undoable :])

    def _apply(self, writer: int, update: CounterUpdate) -> None:
        assert self.sinks[writer].apply([update]) == {update.partition: self._expect(writer, update)}

    def _expect(self, writer: int, update: CounterUpdate) -> Outcome:
        log = self.logs[update.partition]
        if log.owner != writer:
            return Refused(log.applied, owner_changed=True)
        if log.applied == update.start:
            log.settle(update.settled)
            log.updates.append(update)
            log.settle(update.settled)
            return Applied()
        if log.applied == update.end:
            return Applied()
        return Refused(log.applied, owner_changed=False)


def run(make_backend: Callable[[], CounterBackend], examples: int) -> None:
    machine = type("Histories", (Histories,), {"make_backend": staticmethod(make_backend)})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=25, deadline=None)
    )


def test_in_memory() -> None:
    run(MemoryCounterBackend, examples=100)


def test_on_a_server(redis_url: str) -> None:
    backends: list[RedisCounterBackend] = []

    def make() -> RedisCounterBackend:
        backends.append(RedisCounterBackend(redis_url))
        return backends[-1]

    run(make, examples=40)
    assert backends


def test_a_sink_that_counts_twice_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    def credulous(self: MemoryCounters, update: CounterUpdate) -> Outcome:
        self._advance(self._memory.partition(update.partition), update)
        return Applied()

    monkeypatch.setattr(MemoryCounters, "_apply", credulous)
    with pytest.raises(AssertionError):
        run(MemoryCounterBackend, examples=100)
