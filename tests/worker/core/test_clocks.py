"""How the clocks of the worker, of Redis and of Kafka are compared, and what a worker does if they disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worker.core.exactly_once import check_exactly_once
from tests.worker.core.simulation import BUCKETS, NOW_S, NullObserver, SimulatedSystem
from worker.core.clocks import BOUND_MS, Clocks
from worker.counters.memory import CounterStore, MemoryCounters
from worker.source.port import CREATE_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR_S = 3_600


class ClockObserver(NullObserver):
    def __init__(self) -> None:
        self.ahead_s: Mapping[str, float] = {}
        self.are_useful: bool | None = None
        self.corrected = 0

    def on_clocks(self, ahead_s: Mapping[str, float], *, are_useful: bool) -> None:
        self.ahead_s, self.are_useful = ahead_s, are_useful

    def on_timestamps_corrected(self, records: int) -> None:
        self.corrected += records


def clocks_with_redis_ahead(seconds: float) -> Clocks:
    clocks = Clocks(MemoryCounters(CounterStore(clock=lambda: NOW_S + seconds)), lambda: float(NOW_S))
    clocks.compare()
    return clocks


@pytest.mark.parametrize(
    ("redis_ahead_s", "kafka_ahead_ms", "agree"),
    [
        (0, 0, True),
        (30, -30_000, True),
        (31, 0, False),
        (-31, 0, False),
        (0, 30_001, False),
        (0, -600_000, False),
    ],
)
def test_clocks_agree_within_a_bound(redis_ahead_s: float, kafka_ahead_ms: int, *, agree: bool) -> None:
    clocks, observer = clocks_with_redis_ahead(redis_ahead_s), ClockObserver()
    assert clocks.agree(kafka_ahead_ms) is agree
    clocks.report(observer, [0, kafka_ahead_ms, 0])
    assert observer.ahead_s == {"redis": redis_ahead_s, "kafka": kafka_ahead_ms / 1000}
    assert observer.are_useful is agree


@pytest.mark.parametrize(
    ("redis_ahead_s", "expected_s"), [(0, 0), (2 * HOUR_S, 0), (-20, 0), (-3 * HOUR_S, -3 * HOUR_S)]
)
def test_now_is_the_earlier_clock(redis_ahead_s: float, expected_s: float) -> None:
    assert clocks_with_redis_ahead(redis_ahead_s).now_ms() == (NOW_S + expected_s) * 1000


def test_a_slow_answer_is_no_difference() -> None:
    times = iter([100.0, 190.0])
    clocks = Clocks(MemoryCounters(CounterStore(clock=lambda: 150.0)), lambda: next(times))
    clocks.compare()
    assert clocks.agree(0)


def run_system(system: SimulatedSystem, records: int = 20) -> ClockObserver:
    """Run a worker until all records are published. Return what it reported."""
    member = system.spawn()
    observer = ClockObserver()
    member.worker._observer = observer
    for number in range(records):
        system.produce(number % system.partitions)
    system.run_turns(member, 30)
    return observer


@pytest.mark.parametrize("ahead_s", [0, 3 * HOUR_S, -600])
def test_counters_are_marked_as_up_to_date_if_the_clocks_agree(ahead_s: float) -> None:
    system = SimulatedSystem(worker_ahead_s=ahead_s)
    observer = run_system(system)
    seen = [system.counters.partition(number).seen_ms for number in range(system.partitions)]
    assert observer.are_useful is (ahead_s == 0)
    assert observer.ahead_s["redis"] == -ahead_s
    assert all(seen) is (ahead_s == 0)
    system.settle()
    check_exactly_once(system)


@pytest.mark.parametrize("ahead_s", [-600, 600])
def test_a_broker_whose_clock_is_off_is_reported(ahead_s: float) -> None:
    system = SimulatedSystem(kafka_ahead_s=ahead_s)
    observer = run_system(system)
    assert observer.are_useful is (ahead_s < 0), "records that waited may be old"
    for _ in range(4):  # these arrive after a watermark was seen
        system.produce(0)
        system.produce(1)
        system.run_turns(system.members[0], 8)
    assert observer.are_useful is False
    assert observer.ahead_s["kafka"] == pytest.approx(ahead_s, abs=BOUND_MS / 1000)


def test_a_worker_that_is_ahead_rebuilds_all_live_buckets() -> None:
    system = SimulatedSystem()
    run_system(system)
    before = dict(system.counters.tallies)
    system.settle()
    assert before
    system.counters.clear()
    system.worker_ahead_s = 3 * HOUR_S
    system.spawn()
    system.settle()
    assert system.counters.tallies == before


def test_tweets_are_counted_whatever_their_producers_claim() -> None:
    """Records that arrive while a worker runs are in live buckets."""
    system = SimulatedSystem(timestamp_type=CREATE_TIME)
    member = system.spawn()
    system.run_turns(member, 8)
    observer = ClockObserver()
    member.worker._observer = observer
    for number in range(40):
        system.produce(number % system.partitions)
        system.run_turn(member)
    system.run_turns(member, 20)
    system.settle()
    check_exactly_once(system)
    counted = sum(
        tally.tweets + tally.unread for (brand, _), tally in system.counters.tallies.items() if brand == "all"
    )
    assert counted == 40
    live = {bucket for _, bucket in system.counters.tallies}
    assert min(live) >= NOW_S - BUCKETS.seconds, "none is in a bucket before the worker began"
    assert observer.corrected > 20
