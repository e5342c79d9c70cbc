"""When scored rows become files."""

from __future__ import annotations

from dataclasses import replace

from tests.worker.core.simulation import System

PARTITIONS = 3
AGE_S = 60.0


def test_partitions_that_come_of_age_together_are_published_turn_by_turn() -> None:
    system = System(partitions=PARTITIONS)
    for number in range(3 * PARTITIONS):
        system.produce(number % PARTITIONS)
    member = system.spawn()
    member.worker._limits = replace(member.worker._limits, file_seconds=AGE_S)
    system.run_turns(member, 6)
    assert published(system) == []
    system.now_s += AGE_S
    found = []
    for _ in range(PARTITIONS + 1):
        system.run_turn(member)
        found.append(len(published(system)))
    assert found == [1, 2, 3, 3]


def published(system: System) -> list[int]:
    """The partitions that have rows in the chain."""
    return [number for number in range(PARTITIONS) if system.rows(number).num_rows]
