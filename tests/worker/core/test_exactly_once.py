"""The promise: whatever is killed, and whenever, every offset is in the chain once, counted once, or a dead letter."""

from __future__ import annotations

import copy

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.worker.core.simulation import Member, System

PARTITIONS = 2
KINDS = ("good", "good", "good", "good", "garbage", "poison", "late")


def check(system: System) -> None:
    """All of the promise, on a system that has settled."""
    rejected: set[tuple[int, int]] = set()
    for partition in range(PARTITIONS):
        bounds = system.topic.bounds(partition)
        footers = system.footers(partition)
        origin = system.topic_origin(partition)
        assert footers[0].first_offset == origin
        assert [footer.end_offset for footer in footers] == [
            *(f.first_offset for f in footers[1:]),
            bounds.end,
        ]
        rows = system.rows(partition)["offset"].to_pylist()
        bad = [
            number for footer in footers for run in footer.rejected for number in range(run.start, run.end)
        ]
        gaps = {
            number: gap.reason
            for footer in footers
            for gap in footer.gaps
            for number in range(gap.start, gap.end)
        }
        assert sorted([*rows, *bad, *gaps]) == list(range(origin, bounds.end)), "each offset once"
        assert all(number < bounds.start for number, reason in gaps.items() if reason == "retention")
        assert all(
            (partition, number) in system.skipped for number, reason in gaps.items() if reason == "absent"
        )
        planted = {n for p, n in system.bad if p == partition and n >= origin}
        assert set(bad) == planted - gaps.keys()
        rejected |= {(partition, number) for number in bad}
        assert system.counters.partition(partition).applied == bounds.end
        assert system.topic.committed[partition] == bounds.end
    letters = {(letter.record.partition, letter.record.offset) for letter in system.letters.letters}
    assert rejected <= letters <= system.bad
    tallies, totals = system.expected_counters()
    assert {key: value for key, value in system.counters.tallies.items() if value.tweets} == tallies
    counted = [system.counters.partition(partition).totals for partition in range(PARTITIONS)]
    assert counted[0] + counted[1] == totals.model_copy(update={"rejected": len(rejected)})


class Killing(RuleBasedStateMachine):
    """Random lives and deaths."""

    def __init__(self) -> None:
        super().__init__()
        self.system = System(PARTITIONS)
        for partition in range(PARTITIONS):
            self.system.produce(partition)
        self.zombies: list[Member] = []
        self.snapshot = copy.deepcopy(self.system.counters.partitions), dict(self.system.counters.tallies)

    def pick(self, index: int) -> Member | None:
        everybody = [*self.system.members, *self.zombies]
        return everybody[index % len(everybody)] if everybody else None

    @rule(
        partition=st.integers(0, PARTITIONS - 1),
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=12),
    )
    def produce(self, partition: int, kinds: list[str]) -> None:
        for kind in kinds:
            self.system.produce(partition, kind)

    @rule(partition=st.integers(0, PARTITIONS - 1), count=st.integers(1, 3))
    def skip_offsets(self, partition: int, count: int) -> None:
        """A transaction's marker, and a record behind it."""
        self.system.skip(partition, count)
        self.system.produce(partition)

    @rule(partition=st.integers(0, PARTITIONS - 1), back=st.integers(1, 20))
    def retention(self, partition: int, back: int) -> None:
        """Kafka deletes all but the newest records, scored or not."""
        self.system.topic.retain_from(partition, max(0, self.system.topic.bounds(partition).end - back))

    @precondition(lambda self: len(self.system.members) < 3)
    @rule()
    def spawn(self) -> None:
        self.system.spawn()

    @rule(index=st.integers(0, 5), turns=st.integers(1, 4))
    def turn(self, index: int, turns: int) -> None:
        for _ in range(turns):
            if member := self.pick(index):
                self.system.turn(member)

    @rule(
        index=st.integers(0, 5),
        at=st.integers(0, 12),
        after=st.booleans(),
        retry=st.booleans(),
        times=st.integers(1, 3),
    )
    def turn_with_fault(self, index: int, at: int, after: bool, retry: bool, times: int) -> None:  # noqa: FBT001
        member = self.pick(index)
        if member is None or member in self.zombies:
            return
        member.faults.at, member.faults.after, member.faults.times = at, after, times
        member.faults.kind = "retry" if retry else "kill"
        self.system.turn(member)

    @precondition(lambda self: self.system.members)
    @rule(index=st.integers(0, 5))
    def freeze(self, index: int) -> None:
        """Longer than the session timeout: the group goes on without it, and it does not know."""
        member = self.system.members.pop(index % len(self.system.members))
        self.system.topic.evict(member.source)
        self.zombies.append(member)

    @precondition(lambda self: self.zombies)
    @rule()
    def zombie_acts_before_it_polls(self) -> None:
        """What it was about to do when it froze, it does now."""
        zombie = self.zombies.pop()
        zombie.worker.drain()
        self.system.members.append(zombie)

    @rule()
    def promote_another_model(self) -> None:
        self.system.version += 1

    @rule()
    def take_snapshot_of_counters(self) -> None:
        self.snapshot = copy.deepcopy(self.system.counters.partitions), dict(self.system.counters.tallies)

    @rule()
    def restore_counters(self) -> None:
        """Redis restarts with an older snapshot."""
        partitions, tallies = copy.deepcopy(self.snapshot)
        self.system.counters.partitions.clear()
        self.system.counters.partitions.update(partitions)
        self.system.counters.tallies = dict(tallies)

    @rule()
    def lose_counters(self) -> None:
        self.system.counters.partitions.clear()
        self.system.counters.tallies.clear()

    def teardown(self) -> None:
        self.system.members.extend(self.zombies)
        self.system.settle()
        check(self.system)


Killing.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestKilling = Killing.TestCase


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(60))
def test_killed_at_every_step_of_a_life(at: int, after: bool) -> None:  # noqa: FBT001
    system = System(PARTITIONS)
    for number in range(60):
        system.produce(number % PARTITIONS, KINDS[number % len(KINDS)])
    member = system.spawn()
    member.faults.at, member.faults.after = at, after
    for _ in range(10):
        if member not in system.members:
            break
        armed = member.faults.at
        system.turn(member)
        member.faults.at = armed
    system.version += 1
    system.settle()
    check(system)
