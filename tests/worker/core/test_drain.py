"""A graceful stop ends in time, whatever it has to leave undone."""

from __future__ import annotations

import time

import pytest

from badbuzz.errors import DependencyDown
from tests.worker.core.simulation import System


@pytest.fixture
def system() -> System:
    system = System(partitions=2)
    for number in range(12):
        system.produce(number % 2)
    return system


def test_what_a_slow_storage_does_not_take_in_time_is_left_to_the_next_life(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = system.spawn()
    for _ in range(5):
        system.run_turn(member)
    publish = member.worker._ports.chain.publish
    slow = time.monotonic() + 1_000

    def publish_slowly(segment: object) -> bool:
        monkeypatch.setattr("worker.core.retry.time.monotonic", lambda: slow)
        return bool(publish(segment))  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(member.worker._ports.chain, "publish", publish_slowly, raising=False)
    member.worker.stop()
    with pytest.raises(DependencyDown, match="stopped while publishing to a slow storage"):
        member.worker.drain()
    monkeypatch.undo()
    system.members.remove(member)
    system.topic.evict(member.source)
    system.settle()
    assert [system.rows(partition)["offset"].to_pylist() for partition in range(2)] == [list(range(6))] * 2


def test_stopping_twice_does_not_make_it_longer(system: System) -> None:
    member = system.spawn()
    member.worker.stop()
    first = member.worker._stop_deadline
    member.worker.stop()
    assert member.worker._stop_deadline == first
