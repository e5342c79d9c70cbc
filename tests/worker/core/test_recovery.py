"""Takeovers: where a ledger starts, and how the counters catch up with the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.contracts.counters import CounterUpdate
from badbuzz.contracts.scored_row import Gap, Totals
from badbuzz.errors import DataRefused, Retry
from tests.worker.core.simulation import BUCKETS, SimulatedSystem
from worker.core.clocks import Clocks
from worker.core.recovery import Recovery
from worker.counters.memory import MemoryCounters

if TYPE_CHECKING:
    from worker.core.ledger import Ledger
    from worker.core.recovery import Start
    from worker.source.memory import MemorySource


@pytest.fixture
def system() -> SimulatedSystem:
    """One partition with ten published and counted rows."""
    system = SimulatedSystem(partitions=1)
    for _ in range(10):
        system.produce(0)
    system.settle()
    return system


def open_counters(system: SimulatedSystem) -> MemoryCounters:
    counters = MemoryCounters(system.counters)
    counters.open(system.topic.id, BUCKETS, system.partitions)
    return counters


def take_over(system: SimulatedSystem, start: Start = "earliest") -> Ledger:
    return make_recovery(system, open_counters(system), start).take_over({0})[0]


def make_recovery(
    system: SimulatedSystem,
    counters: MemoryCounters,
    start: Start = "earliest",
    member: MemorySource | None = None,
) -> Recovery:
    clocks = Clocks(counters, lambda: system.now_s)
    source = member or system.topic.join()
    return Recovery(source, system.chain(), counters, BUCKETS, clocks, start=start)


@pytest.mark.parametrize(("start", "origin"), [("earliest", 2), ("latest", 5)])
def test_a_new_chain_begins_at_the_logs_start_or_end(start: Start, origin: int) -> None:
    system = SimulatedSystem(partitions=1)
    for _ in range(5):
        system.produce(0)
    system.topic.delete_before(0, 2)
    ledger = take_over(system, start)
    assert (ledger.chain_end, ledger.position, ledger.gaps) == (origin, origin, [])
    assert system.claim_origin(0) == origin


def test_a_ledger_starts_at_the_chains_end_with_its_totals(system: SimulatedSystem) -> None:
    ledger = take_over(system)
    assert (ledger.chain_end, ledger.position, ledger.counted) == (10, 10, 10)
    assert ledger.totals.rows == 10


def test_records_that_kafka_deleted_after_the_chains_end_are_a_gap(system: SimulatedSystem) -> None:
    for _ in range(5):
        system.produce(0)
    system.topic.delete_before(0, 13)
    ledger = take_over(system)
    assert (ledger.position, ledger.gaps) == (13, [Gap(start=10, end=13, reason="retention")])


def test_counters_without_data_are_counted_from_the_chain(system: SimulatedSystem) -> None:
    expected = dict(system.counters.tallies), system.counters.partition(0).totals
    system.counters.clear()
    ledger = take_over(system)
    assert ledger.counted == 10
    assert (system.counters.tallies, system.counters.partition(0).totals) == expected


def test_pending_counts_are_undone_by_a_takeover(system: SimulatedSystem) -> None:
    before = open_counters(system)
    before.take_over({0})
    before.apply([CounterUpdate(0, 10, 12, settled=10, totals=Totals(rows=2))])
    ledger = take_over(system)
    assert ledger.counted == 10
    assert system.counters.partition(0).totals.rows == 10


def test_counters_ahead_of_the_chain_are_refused(system: SimulatedSystem) -> None:
    counters = open_counters(system)
    counters.take_over({0})
    counters.apply([CounterUpdate(0, 10, 12, settled=12, totals=Totals(rows=2))])
    recovery = make_recovery(system, counters)
    with pytest.raises(
        DataRefused, match="tweets-0: counters are settled up to 12, but the Parquet chain ends at 10"
    ):
        recovery.take_over({0})


def test_a_rival_that_takes_over_during_the_catch_up_means_a_retry(
    system: SimulatedSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.counters.clear()
    counters, rival = open_counters(system), open_counters(system)
    chain = system.chain()
    read_since = chain.read_since

    def take_over_meanwhile(partition: int, offset: int | None, not_before_ms: int) -> object:
        rival.take_over({0})
        return read_since(partition, offset, not_before_ms)

    monkeypatch.setattr(chain, "read_since", take_over_meanwhile)
    with pytest.raises(Retry, match="partition 0 was taken over by another worker"):
        Recovery(
            system.topic.join(), chain, counters, BUCKETS, Clocks(counters, lambda: system.now_s)
        ).take_over({0})


@pytest.mark.parametrize("start", ["earliest", "latest"])
@pytest.mark.parametrize("deleted", [0, 2])
def test_a_partition_that_was_added_later_begins_at_its_logs_start(start: Start, deleted: int) -> None:
    system = SimulatedSystem(partitions=2)
    member = system.topic.join()
    recovery = make_recovery(system, open_counters(system), start, member)
    recovery.take_over({0})
    system.topic.add_partitions(1)
    for partition in (1, 2):
        for _ in range(5):
            system.produce(partition)
        system.topic.delete_before(partition, deleted)
    restarted = make_recovery(system, open_counters(system), start, member)
    ledgers = restarted.take_over({1, 2})
    assert ledgers[2].chain_end == deleted
    assert ledgers[1].chain_end == (5 if start == "latest" else deleted), "known from the beginning"


def test_a_ledger_has_the_leader_epoch_of_the_chains_end(system: SimulatedSystem) -> None:
    system.topic.truncate(0, 10)
    assert take_over(system).leader_epoch == 0
    system.produce(0)
    system.settle()
    assert take_over(system).leader_epoch == 1
