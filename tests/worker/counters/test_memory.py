"""The in-memory counters' own parts; the suite for both sinks is ``test_port.py``."""

from __future__ import annotations

from badbuzz.contracts.counters import Buckets, CounterUpdate, Tally
from worker.counters.memory import CounterStore, MemoryCounters
from worker.counters.port import Applied

BUCKETS = Buckets(10, 60)


def make_sink(store: CounterStore) -> MemoryCounters:
    sink = MemoryCounters(store)
    sink.open("id", BUCKETS, 1)
    sink.take_over([0])
    return sink


def test_buckets_and_brands_expire_with_the_clock() -> None:
    now = 1_000.0
    store = CounterStore(clock=lambda: now)
    sink = make_sink(store)
    tallies = {("all", 1_000): Tally(2), ("acme", 1_000): Tally(1)}
    assert sink.apply([CounterUpdate(0, None, 2, tallies, settled=0)]) == {0: Applied()}
    now = BUCKETS.compute_expiry(1_000) - 1
    sink.touch({})
    assert (store.tallies, store.newest_bucket) == (tallies, {"acme": 1_000})
    now += 1
    sink.touch({})
    assert (store.tallies, store.newest_bucket) == ({}, {})


def test_an_expired_bucket_is_not_counted() -> None:
    store = CounterStore(clock=lambda: 10_000.0)
    sink = make_sink(store)
    assert sink.apply([CounterUpdate(0, None, 2, {("all", 1_000): Tally(2)}, settled=0)]) == {0: Applied()}
    assert store.tallies == {}


def test_sinks_share_a_store_until_it_is_cleared() -> None:
    store = CounterStore()
    make_sink(store)
    other = make_sink(store)
    other.apply([CounterUpdate(0, None, 5, settled=0)])
    assert store.partition(0).applied == 5
    store.clear()
    assert (store.partitions, store.meta) == ({}, None)
