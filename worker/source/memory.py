"""A Kafka topic in memory, with a consumer group, rebalances, retention and zombies. For tests."""

from __future__ import annotations

import sys
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from badbuzz.errors import Retry
from worker.source.port import (
    LOG_APPEND_TIME,
    Bounds,
    Poll,
    ReadProgress,
    refuse_offset_beyond_end,
    refuse_other_topic,
    refuse_rewritten_log,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A :class:`worker.source.port.Record`."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    leader_epoch: int | None = None
    timestamp_type: int = LOG_APPEND_TIME


@dataclass(slots=True)
class _Log:
    start: int = 0
    end: int = 0
    leader_epoch: int = 0
    stable_end: int | None = None
    records: dict[int, MemoryRecord] = field(default_factory=dict)

    def find_end(self, leader_epoch: int) -> int:
        """Return the end of what leaders up to this epoch appended."""
        later = (
            record.offset for record in self.records.values() if (record.leader_epoch or 0) > leader_epoch
        )
        return min(later, default=self.end)


class MemoryTopic:
    """A topic and its only consumer group."""

    def __init__(
        self, name: str = "tweets", partitions: int = 1, timestamp_type: int = LOG_APPEND_TIME
    ) -> None:
        self.name = name
        self.timestamp_type = timestamp_type
        self.id = str(uuid.uuid4())
        self.available = True
        self.committed: dict[int, int] = {}
        self._logs = [_Log() for _ in range(partitions)]
        self._members: list[MemorySource] = []
        self._owners: dict[int, MemorySource | None] = dict.fromkeys(range(partitions))

    def append(self, partition: int, value: bytes | None, timestamp: int, key: bytes | None = None) -> int:
        """Append a record. Return its offset."""
        log = self._logs[partition]
        log.records[log.end] = MemoryRecord(
            partition, log.end, timestamp, key, value, log.leader_epoch, self.timestamp_type
        )
        log.end += 1
        return log.end - 1

    def skip_offsets(self, partition: int, count: int = 1) -> None:
        """Use offsets without a record, as transaction markers do."""
        self._logs[partition].end += count

    def open_transaction(self, partition: int) -> None:
        """Begin a transaction: offsets from here on are not delivered before :meth:`end_transaction`."""
        self._logs[partition].stable_end = self._logs[partition].end

    def has_open_transaction(self, partition: int) -> bool:
        """Return whether a transaction is open."""
        return self._logs[partition].stable_end is not None

    def end_transaction(self, partition: int, *, committed: bool) -> None:
        """Commit or abort the transaction, and append its marker. A transaction that is aborted has all its offsets alone."""
        log = self._logs[partition]
        if not committed:
            log.records = {number: r for number, r in log.records.items() if number < (log.stable_end or 0)}
        log.stable_end = None
        log.end += 1

    def delete_before(self, partition: int, offset: int) -> None:
        """Delete older records, as retention does."""
        log = self._logs[partition]
        log.start = max(log.start, offset)
        log.records = {number: record for number, record in log.records.items() if number >= log.start}

    def truncate(self, partition: int, offset: int) -> None:
        """Lose the records from ``offset`` on, as an unclean leader election does. Later records are of a new leader."""
        log = self._logs[partition]
        log.end = offset
        log.leader_epoch += 1
        log.records = {number: record for number, record in log.records.items() if number < offset}

    def add_partitions(self, count: int) -> None:
        """Add partitions and rebalance."""
        self._owners |= dict.fromkeys(range(len(self._logs), len(self._logs) + count))
        self._logs += [_Log() for _ in range(count)]
        self._rebalance()

    def recreate(self) -> None:
        """Delete the topic and make it again: it has another id, and no records."""
        self.id = str(uuid.uuid4())
        self._logs = [_Log() for _ in self._logs]

    def find_end(self, partition: int, leader_epoch: int) -> int:
        """Return the end of what leaders up to this epoch appended."""
        return self._logs[partition].find_end(leader_epoch)

    def join(self) -> MemorySource:
        """Add a member and rebalance."""
        member = MemorySource(self)
        self._members.append(member)
        self._rebalance()
        return member

    def evict(self, member: MemorySource) -> None:
        """Remove a member without notice: it is a zombie until its next poll."""
        if member in self._members:
            self._members.remove(member)
            self._rebalance()

    def rejoin(self, member: MemorySource) -> None:
        """Add an evicted member again."""
        self._members.append(member)
        self._rebalance()

    def owns(self, member: MemorySource, partition: int) -> bool:
        """Return whether ``member`` owns the partition."""
        return self._owners[partition] is member

    def is_member(self, member: MemorySource) -> bool:
        """Return whether ``member`` is in the group."""
        return member in self._members

    def count_partitions(self) -> int:
        """Return the number of partitions."""
        return len(self._logs)

    def bounds(self, partition: int) -> Bounds:
        """Return the log's bounds."""
        log = self._logs[partition]
        return Bounds(log.start, log.end if log.stable_end is None else log.stable_end, log.end)

    def read(self, partition: int, offset: int, limit: int) -> list[MemoryRecord]:
        """Return at most ``limit`` records from ``offset`` on."""
        log, end = self._logs[partition], self.bounds(partition).end
        found = (
            log.records[number] for number in range(max(offset, log.start), end) if number in log.records
        )
        return [record for record, _ in zip(found, range(limit), strict=False)]

    def _rebalance(self) -> None:
        for partition in self._owners:
            new = self._members[partition % len(self._members)] if self._members else None
            old, self._owners[partition] = self._owners[partition], new
            if old is not new:
                if old is not None:
                    old.add_revoked(partition, evicted=old not in self._members)
                if new is not None:
                    new.add_assigned(partition)


class MemorySource:
    """The :class:`worker.source.port.Source` in memory."""

    def __init__(self, topic: MemoryTopic) -> None:
        self._topic = topic
        self._topic_id = topic.id
        self._owned: set[int] = set()
        self._starts: dict[int, int] = {}
        self._positions: dict[int, int] = {}
        self._epochs: dict[int, int | None] = {}
        self._assigned: set[int] = set()
        self._revoked: set[int] = set()
        self._lost: set[int] = set()
        self._is_paused = False

    def add_assigned(self, partition: int) -> None:
        """Assign a partition; the next poll reports it."""
        self._assigned.add(partition)

    def add_revoked(self, partition: int, *, evicted: bool = False) -> None:
        """Revoke a partition or, from an evicted member, take it away; the next poll reports it."""
        self._assigned.discard(partition)
        (self._lost if evicted else self._revoked).add(partition)

    @property
    def topic(self) -> str:
        """The topic's name."""
        return self._topic.name

    def poll(self, timeout_s: float, limit: int) -> Poll:  # noqa: ARG002 - nothing to wait for in memory
        """Return the changes and the next records."""
        self._refuse_other_topic()
        if not self._topic.is_member(self):
            self._topic.rejoin(self)
        self._restart_truncated()
        self._reassign_deleted()
        assigned, self._assigned = frozenset(self._assigned), set()
        revoked, self._revoked = frozenset(self._revoked), set()
        lost, self._lost = frozenset(self._lost), set()
        self._owned = (self._owned - lost - revoked) | assigned
        for partition in lost | revoked | assigned:
            self._positions.pop(partition, None)
            self._starts.pop(partition, None)
        return Poll(self._deliver(limit), assigned, revoked, lost)

    def count_partitions(self) -> int:
        """Return the number of partitions."""
        return self._topic.count_partitions()

    def fetch_bounds(self, partitions: Collection[int]) -> Mapping[int, Bounds]:
        """Return the bounds of the logs."""
        self._check_available()
        self._refuse_other_topic()
        return {partition: self._topic.bounds(partition) for partition in partitions}

    def start_partition(self, partition: int, offset: int, leader_epoch: int | None = None) -> None:
        """Deliver from ``offset`` on."""
        if partition in self._owned - self._revoked - self._lost:
            self._positions[partition] = offset
            self._starts[partition] = min(offset, self._starts.get(partition, offset))
            self._epochs[partition] = leader_epoch

    def pause(self) -> None:
        """Deliver nothing."""
        self._is_paused = True

    def resume(self) -> None:
        """Deliver again."""
        self._is_paused = False

    def compute_lags(self) -> Mapping[int, int]:
        """Count the records after our positions; offsets without a record do not count."""
        return {
            partition: len(self._topic.read(partition, position, sys.maxsize))
            for partition, position in self._positions.items()
        }

    def compute_held_back(self) -> Mapping[int, range]:
        """Return the offsets from the open transaction on."""
        bounds = {partition: self._topic.bounds(partition) for partition in self._positions}
        return {partition: range(found.end, found.high_watermark) for partition, found in bounds.items()}

    def fetch_progress(self) -> Mapping[int, ReadProgress] | None:
        """Count the records after our positions, or all of a partition that is not started."""
        self._check_available()
        if not self._topic.is_member(self):
            return None
        starts = dict.fromkeys(self._owned, 0) | self._positions
        return {
            p: ReadProgress(
                start, len(self._topic.read(p, start, sys.maxsize)), self._topic.bounds(p).high_watermark
            )
            for p, start in starts.items()
        }

    def fetch_group_lag(self) -> int:
        """Count the offsets after the committed ones in all partitions."""
        self._check_available()
        bounds = {number: self._topic.bounds(number) for number in range(self._topic.count_partitions())}
        return sum(
            max(0, log.end - max(log.start, self._topic.committed.get(number, 0)))
            for number, log in bounds.items()
        )

    def commit(self, offsets: Mapping[int, int]) -> bool:
        """Commit, unless another member owns one of the partitions."""
        self._check_available()
        if not all(self._topic.owns(self, partition) for partition in offsets):
            return False
        self._topic.committed.update(offsets)
        return True

    def close(self) -> None:
        """Leave the group."""
        self._topic.evict(self)

    def _deliver(self, limit: int) -> dict[int, list[MemoryRecord]]:
        """Serve the partitions in turn: one that was served moves to the end of the queue."""
        records: dict[int, list[MemoryRecord]] = {}
        if self._is_paused or not self._topic.available:
            return records
        for partition, position in list(self._positions.items()):
            if found := self._topic.read(partition, position, limit):
                records[partition] = found
                limit -= len(found)
                del self._positions[partition]
                self._positions[partition] = found[-1].offset + 1
                self._epochs[partition] = found[-1].leader_epoch
        return records

    def _refuse_other_topic(self) -> None:
        refuse_other_topic(self.topic, self._topic_id, self._topic.id)

    def _restart_truncated(self) -> None:
        """Lose and assign partitions in whose log other records replaced some that we read, as the source on Kafka does."""
        for partition, position in list(self._positions.items()):
            bounds, epoch = self._topic.bounds(partition), self._epochs[partition]
            refuse_offset_beyond_end(self.topic, partition, self._starts[partition], bounds)
            common_end = bounds.high_watermark if epoch is None else self._topic.find_end(partition, epoch)
            if position > common_end:
                refuse_rewritten_log(self.topic, partition, self._starts[partition], common_end)
                self.add_revoked(partition, evicted=True)
                self.add_assigned(partition)

    def _reassign_deleted(self) -> None:
        """Revoke and assign partitions whose position was deleted, as the source on Kafka does."""
        gone = {p for p, position in self._positions.items() if position < self._topic.bounds(p).start}
        for partition in gone - self._revoked - self._lost:
            self.add_revoked(partition)
            self.add_assigned(partition)

    def _check_available(self) -> None:
        if not self._topic.available:
            raise Retry("kafka", "the topic in memory is set to be unavailable")
