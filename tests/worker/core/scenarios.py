"""Lives of workers. The promise must hold whatever happens in them, and at whatever step."""

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
    finish,
    produce_evenly,
    redis_is_emptied,
    rival_joins,
    scene,
    snapshot,
)
from tests.worker.core.exactly_once import check_exactly_once
from tests.worker.core.simulation import System

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def killed(at: int, *, after: bool) -> None:
    """SIGKILL before or after a step."""
    it = scene()
    it.worker.faults.at, it.worker.faults.after = at, after
    finish(it)


def failed(at: int, *, after: bool) -> None:
    """A call fails, and fails again; whether it happened all the same is for the worker to find out."""
    it = scene()
    it.worker.faults.at, it.worker.faults.after = at, after
    it.worker.faults.kind, it.worker.faults.times = "retry", 2
    finish(it)


def disturbed(at: int, event: Callable[[Scene], None]) -> None:
    """Between two steps, something happens elsewhere."""
    it = scene()
    it.worker.faults.at, it.worker.faults.kind = at, "wait"
    it.worker.faults.meanwhile = lambda: event(it)
    finish(it)


def disturbed_in_a_wait(at: int, event: Callable[[Scene], None]) -> None:
    """A call fails, and while the worker waits, something happens elsewhere."""
    it = scene()
    it.worker.faults.at, it.worker.faults.kind = at, "retry"
    it.worker.faults.meanwhile = lambda: event(it)
    finish(it)


def restored(at: int) -> None:
    """Redis restarts with a snapshot, and is older than the worker remembers."""
    it = scene()
    it.system.run_turns(it.worker, 4)
    restore = snapshot(it.system)
    it.worker.faults.at, it.worker.faults.kind, it.worker.faults.meanwhile = at, "wait", restore
    finish(it)


def restored_when_all_was_counted() -> None:
    """The same, with no update to come that could be refused."""
    system = System(PARTITIONS)
    member = system.spawn()
    produce_evenly(system, 20)
    system.run_turns(member, TURNS)
    restore = snapshot(system)
    produce_evenly(system, 20)
    system.run_turns(member, TURNS)
    restore()
    system.settle()
    check_exactly_once(system)


def restored_from_an_earlier_tenure() -> None:
    """The snapshot is of before the worker took over again: the same worker and offset, but scores of another model."""
    system = System(PARTITIONS)
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


def emptied_in_a_backlog() -> None:
    """Redis loses its memory, and the worker does not wait for a quiet moment to mend it."""
    system = System(PARTITIONS)
    member = system.spawn()
    produce_evenly(system, 400)
    system.run_turns(member, TURNS)
    redis_is_emptied(Scene(system, member, member))
    system.run_turns(member, TURNS)
    for partition in range(PARTITIONS):
        assert system.counters.partition(partition).applied, "counted again at once"


def succeeded(at: int, turns: int) -> None:
    """A worker freezes, its successor takes so many turns, and then both go on."""
    system = System(PARTITIONS)
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


def leapt_twice() -> None:
    """Kafka delivers the same record too early twice, but with others in between: that proves no gap."""
    system = System(PARTITIONS)
    produce_evenly(system, 60)
    member = system.spawn()
    for _ in range(2):
        system.run_turns(member, 3)
        member.source.start_partition(0, 25)
    system.settle()
    check_exactly_once(system)


def handed_over_in_peace() -> None:
    """Workers come and go, nothing is scored twice, and no sink ever has to refuse one."""
    system = System(PARTITIONS)
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
    assert not any(refusals), f"refused though nobody erred: {refusals}"
    assert sum(member.observer.rows for member in members) == system.topic.bounds(0).end * PARTITIONS, (
        "scored once"
    )


def woken_in_vain() -> None:
    """A worker that was frozen finds out that it was succeeded, and does not disturb its successor."""
    it = scene()
    it.system.run_turns(it.worker, TURNS)
    it.predecessor.worker.drain()
    it.system.run_turns(it.worker, TURNS)
    assert not it.worker.observer.refusals, f"the successor was refused: {it.worker.observer.refusals}"


def stopped() -> None:
    """SIGTERM, with rows that wait to be published."""
    system = System(PARTITIONS)
    produce_evenly(system, 20)
    member = system.spawn()
    system.run_turns(member, TURNS)
    member.worker.drain()
    check_exactly_once(system)


def emptied_before_a_drain() -> None:
    """The same, and Redis has just lost its memory."""
    system = System(PARTITIONS)
    produce_evenly(system, 20)
    member = system.spawn()
    system.run_turns(member, TURNS)
    system.counters.clear()
    member.worker.drain()
    check_exactly_once(system)


SCENARIOS: Final[Mapping[str, Sequence[Callable[[], None]]]] = {
    "killed": [partial(killed, at, after=after) for at, after in product(STEPS, (False, True))],
    "failed": [partial(failed, at, after=after) for at, after in product(STEPS, (False, True))],
    **{event.__name__: [partial(disturbed, at, event) for at in STEPS] for event in EVENTS},
    "rival_joins_in_a_wait": [partial(disturbed_in_a_wait, at, rival_joins) for at in STEPS],
    "restored": [partial(restored, at) for at in STEPS],
    "succeeded": [partial(succeeded, at, turns) for turns, at in product((2, 8), STEPS)],
    "restored_when_all_was_counted": [restored_when_all_was_counted],
    "restored_from_an_earlier_tenure": [restored_from_an_earlier_tenure],
    "emptied_in_a_backlog": [emptied_in_a_backlog],
    "leapt_twice": [leapt_twice],
    "stopped": [stopped],
    "emptied_before_a_drain": [emptied_before_a_drain],
    "handed_over_in_peace": [handed_over_in_peace],
    "woken_in_vain": [woken_in_vain],
}
"""By name, all variants of each life."""
