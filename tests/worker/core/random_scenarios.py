"""Random events around several workers on one topic, chosen by Hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.worker.core.disturbances import KINDS, PARTITIONS, snapshot
from tests.worker.core.exactly_once import check_exactly_once
from tests.worker.core.simulation import SimulatedSystem
from worker.source.port import CREATE_TIME, LOG_APPEND_TIME

if TYPE_CHECKING:
    from tests.worker.core.simulation import SimulatedWorker


FEW = 4
"""More texts in a row that cannot be scored would look like a broken engine."""


class RandomScenarios(RuleBasedStateMachine):
    """Events in any order. At the end, results are checked to be exactly-once."""

    def __init__(self) -> None:
        super().__init__()
        self.build(LOG_APPEND_TIME)

    @initialize(timestamp_type=st.sampled_from([CREATE_TIME, LOG_APPEND_TIME]))
    def build(self, timestamp_type: int) -> None:
        self.system = SimulatedSystem(PARTITIONS, timestamp_type=timestamp_type)
        for partition in range(PARTITIONS):
            self.system.produce(partition)
        self.zombies: list[SimulatedWorker] = []
        self.restore = snapshot(self.system)

    def pick(self, index: int) -> SimulatedWorker | None:
        workers = [*self.system.members, *self.zombies]
        return workers[index % len(workers)] if workers else None

    @rule(
        partition=st.integers(0, PARTITIONS - 1),
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=12).filter(
            lambda kinds: kinds.count("poison") < FEW
        ),
    )
    def produce(self, partition: int, kinds: list[str]) -> None:
        for kind in (*kinds, "good"):
            self.system.produce(partition, kind)

    @rule(partition=st.integers(0, PARTITIONS - 1), count=st.integers(1, 3))
    def skip_offsets(self, partition: int, count: int) -> None:
        """Add transaction markers, and a record after them."""
        self.system.skip(partition, count)
        self.system.produce(partition)

    @rule(partition=st.integers(0, PARTITIONS - 1))
    def begin_transaction(self, partition: int) -> None:
        """Hold back all later records of a partition."""
        if not self.system.topic.has_open_transaction(partition):
            self.system.topic.open_transaction(partition)

    @rule(partition=st.integers(0, PARTITIONS - 1), committed=st.booleans())
    def end_transaction(self, partition: int, committed: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        self.system.end_transaction(partition, committed=committed)

    @rule(partition=st.integers(0, PARTITIONS - 1), back=st.integers(1, 20))
    def retention(self, partition: int, back: int) -> None:
        """Delete all but the newest records, scored or not."""
        self.system.topic.delete_before(partition, max(0, self.system.topic.bounds(partition).end - back))

    @precondition(lambda self: self.system.partitions < PARTITIONS + 2)
    @rule(records=st.integers(1, 20))
    def add_partition(self, records: int) -> None:
        """Add a partition, and records to it."""
        self.system.topic.add_partitions(1)
        self.system.partitions += 1
        for _ in range(records):
            self.system.produce(self.system.partitions - 1)

    @rule(index=st.integers(0, 5), partition=st.integers(0, PARTITIONS - 1), back=st.integers(0, 20))
    def repeat(self, index: int, partition: int, back: int) -> None:
        """Deliver records again."""
        if member := self.pick(index):
            log, known = self.system.topic.bounds(partition), self.system.topic.committed.get(partition, 0)
            member.source.start_partition(partition, max(log.start, known - back))

    @precondition(lambda self: len(self.system.members) < 3)
    @rule(ahead_s=st.sampled_from([0, 0, 3 * 3_600, -2 * 86_400]))
    def spawn(self, ahead_s: int) -> None:
        self.system.worker_ahead_s = ahead_s
        self.system.spawn()

    @rule(index=st.integers(0, 5), turns=st.integers(1, 4))
    def turn(self, index: int, turns: int) -> None:
        for _ in range(turns):
            if member := self.pick(index):
                self.system.run_turn(member)

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
        self.system.run_turn(member)
        member.faults.at = None

    @precondition(lambda self: self.system.members)
    @rule(index=st.integers(0, 5))
    def freeze(self, index: int) -> None:
        member = self.system.members[index % len(self.system.members)]
        self.system.freeze(member)
        self.zombies.append(member)

    @precondition(lambda self: self.zombies)
    @rule()
    def zombie_acts_before_it_polls(self) -> None:
        """Let a zombie drain what it held when it froze."""
        zombie = self.zombies.pop()
        zombie.worker.drain()
        self.system.members.append(zombie)

    @rule()
    def promote_another_model(self) -> None:
        self.system.version += 1

    @rule()
    def take_snapshot_of_counters(self) -> None:
        self.restore = snapshot(self.system)

    @rule()
    def restore_counters(self) -> None:
        """Restart Redis with an older snapshot."""
        self.restore()

    @rule()
    def lose_counters(self) -> None:
        self.system.counters.clear()

    @rule(ahead_s=st.sampled_from([40, 1_800, 7_200]))
    def redis_clock_jumps(self, ahead_s: int) -> None:
        self.system.redis_ahead_s = ahead_s
        for member in list(self.system.members):
            self.system.run_turn(member)
        self.system.redis_ahead_s = 0

    def teardown(self) -> None:
        for partition in range(PARTITIONS):
            self.system.end_transaction(partition, committed=False)
        self.system.members.extend(self.zombies)
        self.system.settle()
        check_exactly_once(self.system)
