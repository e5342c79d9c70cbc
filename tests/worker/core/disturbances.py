"""A worker with a frozen predecessor, and events that disturb the worker."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.worker.core.exactly_once import check_exactly_once
from tests.worker.core.simulation import BUCKETS, SimulatedSystem
from worker.source.port import CREATE_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.worker.core.simulation import SimulatedWorker

PARTITIONS = 2
KINDS = ("good", "good", "good", "good", "garbage", "poison", "late", "good", "good", "good", "tombstone")
TURNS = 8
STEPS = range(46)
"""The calls of ports that the turns of an undisturbed worker make."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A predecessor that froze with rows that are counted but not published, and the worker that is disturbed."""

    system: SimulatedSystem
    predecessor: SimulatedWorker
    worker: SimulatedWorker


def build_scene() -> Scene:
    """Return a scene with sixty records of every kind, and offsets that Kafka skipped."""
    return _build_scene(SimulatedSystem(PARTITIONS))


def build_scene_of_clocks() -> Scene:
    """Return a scene with CreateTime. The predecessor's clock is two days behind, the worker's three hours ahead."""
    system = SimulatedSystem(PARTITIONS, timestamp_type=CREATE_TIME, worker_ahead_s=-2 * 86_400)
    return _build_scene(system)


def _build_scene(system: SimulatedSystem) -> Scene:
    for number in range(60):
        system.produce(number % PARTITIONS, KINDS[number % len(KINDS)])
        if number in {12, 33}:
            system.skip(number % PARTITIONS, 2)
    predecessor = system.spawn()
    system.run_turns(predecessor, 2)
    system.freeze(predecessor)
    system.version += 1
    system.worker_ahead_s = -system.worker_ahead_s / 16
    return Scene(system, predecessor, system.spawn())


def produce_evenly(system: SimulatedSystem, count: int) -> None:
    for number in range(count):
        system.produce(number % PARTITIONS)


def snapshot(system: SimulatedSystem) -> Callable[[], None]:
    """Store what Redis would write to disk now. Return a function that restores scene."""
    partitions, tallies = copy.deepcopy(system.counters.partitions), dict(system.counters.tallies)

    def restore() -> None:
        system.counters.partitions, system.counters.tallies = copy.deepcopy(partitions), dict(tallies)

    return restore


def finish(scene: Scene) -> None:
    """Run the worker, wake the predecessor, let both finish with a newer model, and check the result."""
    scene.system.run_turns(scene.worker, TURNS)
    scene.system.version += 1
    scene.system.members.append(scene.predecessor)
    scene.system.settle()
    check_exactly_once(scene.system)


def rival_joins(scene: Scene) -> None:
    """The group gives a rival half of our partitions, which our next poll reports."""
    scene.system.run_turns(scene.system.spawn(), 6)


def worker_freezes(scene: Scene) -> None:
    """A rival takes all partitions; then the worker continues with its next call."""
    scene.system.freeze(scene.worker)
    rival = scene.system.spawn()
    scene.system.version += 1
    scene.system.run_turns(rival, 6)
    scene.system.members.append(scene.worker)


def predecessor_wakes(scene: Scene) -> None:
    """The predecessor drains what it holds."""
    scene.predecessor.worker.drain()


def kafka_repeats_records(scene: Scene) -> None:
    """Delivered records are delivered again, as they may be after a seek."""
    for partition in range(PARTITIONS):
        scene.worker.source.start_partition(partition, 0)


def kafka_skips_ahead(scene: Scene) -> None:
    """Records that were fetched before a seek are delivered after it."""
    for partition in range(PARTITIONS):
        scene.worker.source.start_partition(partition, scene.system.topic.bounds(partition).end - 3)


def kafka_deletes_records(scene: Scene) -> None:
    """Retention deletes records that are not scored."""
    for partition in range(PARTITIONS):
        scene.system.topic.delete_before(partition, scene.system.topic.bounds(partition).end - 6)


def redis_is_emptied(scene: Scene) -> None:
    """Redis restarts without its data."""
    scene.system.counters.clear()


def redis_clock_jumps(scene: Scene) -> None:
    """Redis's clock is two hours ahead for one call, and all buckets expire."""
    scene.system.redis_ahead_s = 7_200
    scene.system.counters.expire(BUCKETS)
    scene.system.redis_ahead_s = 0


EVENTS = (
    rival_joins,
    worker_freezes,
    predecessor_wakes,
    kafka_repeats_records,
    kafka_skips_ahead,
    kafka_deletes_records,
    redis_is_emptied,
    redis_clock_jumps,
)
