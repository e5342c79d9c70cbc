"""The stage: a worker, its frozen predecessor, and what may happen around them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.worker.core.exactly_once import check_exactly_once
from tests.worker.core.simulation import System

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.worker.core.simulation import SimulatedWorker

PARTITIONS = 2
KINDS = ("good", "good", "good", "good", "garbage", "poison", "late")
TURNS = 8
STEPS = range(38)
"""So many calls of ports are made in a life's turns, if nothing disturbs it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A predecessor that froze with rows it had counted and not yet published, and the worker whose life it is."""

    system: System
    predecessor: SimulatedWorker
    worker: SimulatedWorker


def scene() -> Scene:
    """Sixty records of every kind, with offsets that Kafka skipped."""
    system = System(PARTITIONS)
    for number in range(60):
        system.produce(number % PARTITIONS, KINDS[number % len(KINDS)])
        if number in {12, 33}:
            system.skip(number % PARTITIONS, 2)
    predecessor = system.spawn()
    system.run_turns(predecessor, 2)
    system.freeze(predecessor)
    system.version += 1
    return Scene(system, predecessor, system.spawn())


def produce_evenly(system: System, count: int) -> None:
    for number in range(count):
        system.produce(number % PARTITIONS)


def snapshot(system: System) -> Callable[[], None]:
    """What Redis writes to its disk now; returns how it comes back with it."""
    partitions, tallies = copy.deepcopy(system.counters.partitions), dict(system.counters.tallies)

    def restore() -> None:
        system.counters.partitions, system.counters.tallies = copy.deepcopy(partitions), dict(tallies)

    return restore


def finish(scene: Scene) -> None:
    """To the end: everybody who is alive goes on with a newer model, the predecessor too, and then stops."""
    scene.system.run_turns(scene.worker, TURNS)
    scene.system.version += 1
    scene.system.members.append(scene.predecessor)
    scene.system.settle()
    check_exactly_once(scene.system)


def rival_joins(it: Scene) -> None:
    """The group gives it half of what is ours, which we only hear of with the next poll."""
    it.system.run_turns(it.system.spawn(), 6)


def we_freeze(it: Scene) -> None:
    """A rival takes everything; then we go on with what we were about to do."""
    it.system.freeze(it.worker)
    rival = it.system.spawn()
    it.system.version += 1
    it.system.run_turns(rival, 6)
    it.system.members.append(it.worker)


def predecessor_wakes(it: Scene) -> None:
    """It does what it was about to do."""
    it.predecessor.worker.drain()


def kafka_repeats(it: Scene) -> None:
    """What was delivered comes again, as it may after a seek."""
    for partition in range(PARTITIONS):
        it.worker.source.start_partition(partition, 0)


def kafka_leaps(it: Scene) -> None:
    """What was fetched before a seek comes first."""
    for partition in range(PARTITIONS):
        it.worker.source.start_partition(partition, it.system.topic.bounds(partition).end - 3)


def kafka_forgets(it: Scene) -> None:
    """Retention, faster than we are."""
    for partition in range(PARTITIONS):
        it.system.topic.delete_before(partition, it.system.topic.bounds(partition).end - 6)


def redis_is_emptied(it: Scene) -> None:
    """A restart without its data."""
    it.system.counters.clear()


EVENTS = (
    rival_joins,
    we_freeze,
    predecessor_wakes,
    kafka_repeats,
    kafka_leaps,
    kafka_forgets,
    redis_is_emptied,
)
