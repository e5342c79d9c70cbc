"""Scenarios in which one event disturbs a worker, at each of its steps. Exactly-once results are checked after each."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Final

from tests.worker.core.disturbances import (
    EVENTS,
    PARTITIONS,
    STEPS,
    TURNS,
    Scene,
    build_scene,
    build_scene_of_clocks,
    finish,
    predecessor_wakes,
    produce_evenly,
    redis_is_emptied,
    rival_joins,
    snapshot,
    worker_freezes,
)
from tests.worker.core.exactly_once import check_exactly_once
from tests.worker.core.simulation import SimulatedSystem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def kill_at(at: int, *, after: bool, build: Callable[[], Scene] = build_scene) -> None:
    """Kill the worker before or after a step."""
    scene = build()
    scene.worker.faults.at, scene.worker.faults.after = at, after
    finish(scene)


def fail_at(at: int, *, after: bool) -> None:
    """Let a call fail twice, before or after it took effect."""
    scene = build_scene()
    scene.worker.faults.at, scene.worker.faults.after = at, after
    scene.worker.faults.kind, scene.worker.faults.times = "retry", 2
    finish(scene)


def disturb_at(at: int, event: Callable[[Scene], None], build: Callable[[], Scene] = build_scene) -> None:
    """Let an event happen between two steps."""
    scene = build()
    scene.worker.faults.at, scene.worker.faults.kind = at, "wait"
    scene.worker.faults.meanwhile = lambda: event(scene)
    finish(scene)


def disturb_during_retry_at(at: int, event: Callable[[Scene], None]) -> None:
    """Let a call fail, and an event happen during the retry."""
    scene = build_scene()
    scene.worker.faults.at, scene.worker.faults.kind = at, "retry"
    scene.worker.faults.meanwhile = lambda: event(scene)
    finish(scene)


def restore_redis_at(at: int) -> None:
    """Let Redis restart with an older snapshot."""
    scene = build_scene()
    scene.system.run_turns(scene.worker, 4)
    restore = snapshot(scene.system)
    scene.worker.faults.at, scene.worker.faults.kind, scene.worker.faults.meanwhile = at, "wait", restore
    finish(scene)


def redis_is_restored_after_counting() -> None:
    """Redis restarts with an older snapshot, and no update follows that it could refuse."""
    system = SimulatedSystem(PARTITIONS)
    member = system.spawn()
    produce_evenly(system, 20)
    system.run_turns(member, TURNS)
    restore = snapshot(system)
    produce_evenly(system, 20)
    system.run_turns(member, TURNS)
    restore()
    system.settle()
    check_exactly_once(system)


def redis_is_restored_from_before_a_takeover() -> None:
    """The snapshot is from before a second takeover by the same worker: same offset, but scores of another model."""
    system = SimulatedSystem(PARTITIONS)
    member = system.spawn()
    produce_evenly(system, 10)
    system.run_turns(member, TURNS)
    restore = snapshot(system)
    system.version += 1
    system.counters.clear()
    system.run_turns(member, TURNS)
    restore()
    produce_evenly(system, 10)
    system.settle()
    check_exactly_once(system)


def redis_is_emptied_under_load() -> None:
    """Redis loses its data while there is lag; the counts are restored at once."""
    system = SimulatedSystem(PARTITIONS)
    member = system.spawn()
    produce_evenly(system, 400)
    system.run_turns(member, TURNS)
    redis_is_emptied(Scene(system, member, member))
    system.run_turns(member, TURNS)
    for partition in range(PARTITIONS):
        assert system.counters.partition(partition).applied, "counted again at once"


def replace_worker_at(at: int, turns: int) -> None:
    """Freeze the worker, let its successor run ``turns`` turns, and let both go on."""
    system = SimulatedSystem(PARTITIONS)
    produce_evenly(system, 60)
    member = system.spawn()

    def freeze() -> None:
        system.freeze(member)
        system.version += 1
        system.run_turns(system.spawn(), turns)
        system.members.insert(0, member)

    member.faults.at, member.faults.kind, member.faults.meanwhile = at, "wait", freeze
    system.run_turns(member, TURNS)
    system.settle()
    check_exactly_once(system)


def kafka_skips_ahead_twice() -> None:
    """Kafka delivers the same record too early twice, but with others in between: that is not a gap."""
    system = SimulatedSystem(PARTITIONS)
    produce_evenly(system, 60)
    member = system.spawn()
    for _ in range(2):
        system.run_turns(member, 3)
        member.source.start_partition(0, 25)
    system.settle()
    check_exactly_once(system)


def planned_handovers() -> None:
    """Workers come and go; nothing is scored twice, and no sink refuses a worker."""
    system = SimulatedSystem(PARTITIONS)
    members = []
    for _ in range(3):
        members.append(system.spawn())
        produce_evenly(system, 20)
        for member in members:
            system.run_turns(member, 4)
    leaver = members[0]
    leaver.worker.drain()
    leaver.source.close()
    system.members.remove(leaver)
    system.settle()
    check_exactly_once(system)
    refusals = [member.observer.refusals for member in members]
    assert not any(refusals), f"refused without a cause: {refusals}"
    assert sum(member.observer.rows for member in members) == system.topic.bounds(0).end * PARTITIONS, (
        "scored once"
    )


def replaced_worker_wakes() -> None:
    """A worker that was frozen learns that it was replaced, and no sink refuses its successor."""
    scene = build_scene()
    scene.system.run_turns(scene.worker, TURNS)
    scene.predecessor.worker.drain()
    scene.system.run_turns(scene.worker, TURNS)
    assert not scene.worker.observer.refusals, f"the successor was refused: {scene.worker.observer.refusals}"


def worker_stops() -> None:
    """The worker drains while it has unpublished rows."""
    system = SimulatedSystem(PARTITIONS)
    produce_evenly(system, 20)
    member = system.spawn()
    system.run_turns(member, TURNS)
    member.worker.drain()
    check_exactly_once(system)


def redis_is_emptied_before_a_drain() -> None:
    """The worker drains just after Redis lost its data."""
    system = SimulatedSystem(PARTITIONS)
    produce_evenly(system, 20)
    member = system.spawn()
    system.run_turns(member, TURNS)
    system.counters.clear()
    member.worker.drain()
    check_exactly_once(system)


SCENARIOS: Final[Mapping[str, Sequence[Callable[[], None]]]] = {
    "worker_is_killed": [partial(kill_at, at, after=after) for at, after in product(STEPS, (False, True))],
    "worker_with_another_clock_is_killed": [
        partial(kill_at, at, after=after, build=build_scene_of_clocks)
        for at, after in product(STEPS, (False, True))
    ],
    "worker_with_another_clock_has_a_rival": [
        partial(disturb_at, at, event, build_scene_of_clocks)
        for event, at in product((predecessor_wakes, worker_freezes, redis_is_emptied), STEPS)
    ],
    "call_fails": [partial(fail_at, at, after=after) for at, after in product(STEPS, (False, True))],
    **{event.__name__: [partial(disturb_at, at, event) for at in STEPS] for event in EVENTS},
    "rival_joins_during_a_retry": [partial(disturb_during_retry_at, at, rival_joins) for at in STEPS],
    "redis_is_restored": [partial(restore_redis_at, at) for at in STEPS],
    "worker_is_replaced": [partial(replace_worker_at, at, turns) for turns, at in product((2, 8), STEPS)],
    "redis_is_restored_after_counting": [redis_is_restored_after_counting],
    "redis_is_restored_from_before_a_takeover": [redis_is_restored_from_before_a_takeover],
    "redis_is_emptied_under_load": [redis_is_emptied_under_load],
    "kafka_skips_ahead_twice": [kafka_skips_ahead_twice],
    "worker_stops": [worker_stops],
    "redis_is_emptied_before_a_drain": [redis_is_emptied_before_a_drain],
    "planned_handovers": [planned_handovers],
    "replaced_worker_wakes": [replaced_worker_wakes],
}
"""The variants of each scenario, by name."""
