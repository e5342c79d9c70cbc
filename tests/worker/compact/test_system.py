"""A system in memory whose closed day is merged while workers join and leave, and counters are lost."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.worker.compact.interrupted_steps import InterruptedSteps
from tests.worker.core.exactly_once import check_exactly_once
from tests.worker.core.simulation import SimulatedSystem
from worker.compact.compaction import Compaction
from worker.counters.memory import CounterStore

if TYPE_CHECKING:
    from worker.compact.report import CompactionReport

PARTITIONS = 2
MIDNIGHT_S = datetime(2026, 3, 15, tzinfo=UTC).timestamp()


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> SimulatedSystem:
    """A system that has scored records until a few minutes after midnight."""
    system = SimulatedSystem(PARTITIONS, now_s=MIDNIGHT_S - 600)
    monkeypatch.setattr("time.time", lambda: system.now_s)
    for number in range(90):
        system.produce(number % PARTITIONS, ("good", "good", "good", "garbage", "late")[number % 5])
    system.settle()
    system.now_s = MIDNIGHT_S + 60
    score_more(system)
    check_exactly_once(system)
    return system


def score_more(system: SimulatedSystem) -> None:
    for number in range(20):
        system.produce(number % PARTITIONS)
    system.settle()


def kill_all_workers(system: SimulatedSystem) -> None:
    for member in list(system.members):
        system.members.remove(member)
        system.topic.evict(member.source)


def compact(system: SimulatedSystem) -> CompactionReport:
    return Compaction(system.store, system.topic.name, 10**6).run()


def test_a_system_continues_after_a_compaction(system: SimulatedSystem) -> None:
    before, after = compact(system).days
    assert (before.state, before.before.files > 5, before.after.files) == ("compacted", True, PARTITIONS)
    assert after.state == "open"
    check_exactly_once(system)
    score_more(system)
    check_exactly_once(system)


def test_counters_are_rebuilt_from_merged_files(system: SimulatedSystem) -> None:
    compact(system)
    kill_all_workers(system)
    system.counters = CounterStore(clock=lambda: system.now_s)
    score_more(system)
    check_exactly_once(system)


@pytest.mark.parametrize("at", range(20))
def test_a_takeover_with_a_compaction_between_its_steps(
    system: SimulatedSystem, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    kill_all_workers(system)
    system.counters = CounterStore(clock=lambda: system.now_s)
    steps = InterruptedSteps(partial(compact, system), at)
    with monkeypatch.context() as context:
        steps.watch(context)
        score_more(system)
    assert steps.count > at
    check_exactly_once(system)
