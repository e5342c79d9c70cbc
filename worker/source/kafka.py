"""A member of a Kafka consumer group, by kafka-python.

kafka-python calls rebalance listeners on its own thread. Ours pauses new partitions and stores the change, which the worker's
thread takes in its next poll. Nothing is fetched from a new partition before the worker has chosen an offset.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError, LogTruncationError, OffsetOutOfRangeError
from kafka.structs import MemberState, OffsetAndMetadata

from badbuzz.clients.kafka_client import (
    REQUEST_TIMEOUT_MS,
    build_client_options,
    explain_absence_as_retry,
    kafka_errors,
)
from badbuzz.clients.kafka_failures import (
    Failure,
    classify_failure,
    explain_failure,
    explain_lasting,
    may_pass,
)
from badbuzz.errors import Retry
from worker.source.coordinator import patch_coordinator
from worker.source.fast_reader import use_fast_reader
from worker.source.fetcher import (
    LogEnd,
    UnreadableBatchError,
    UnreadableBatches,
    fetch_high_watermarks,
    get_log_end,
    get_position,
)
from worker.source.pinned_topic import find_topic_id, pin_topic
from worker.source.port import (
    Bounds,
    Poll,
    ReadProgress,
    refuse_offset_beyond_end,
    refuse_other_topic,
    refuse_rewritten_log,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from badbuzz.settings import KafkaSettings

FETCH_WAIT_MS = 50
"""How long a broker may delay a fetch without new records. It limits the latency of a quiet topic."""
FETCH_BYTES = 8 * 1024 * 1024
"""Limits what the client buffers; its default of 50 MB is most of a worker's memory."""
HEARTBEAT_MS = 500
"""A member learns of a rebalance by its heartbeat, and partitions that move stand still until all members know: for 2.7 seconds
in a rolling restart with a heartbeat every 2.5 seconds (docs/reliability.md)."""
METADATA_MAX_AGE_MS = 3_000
"""How soon new partitions, and a topic that was made anew, are noticed. The library's default is five minutes."""
COMMIT_TIMEOUT_MS = 5_000
CLOSE_TIMEOUT_MS = 5_000
"""A stop may wait for both after its other waits, and must end within the thirty seconds of an orchestrator."""
PLACEHOLDER_OFFSET = 0
NO_EPOCH = -1
FIRST_PARTITION = 0
"""A partition that every topic has."""
LAG_TIMEOUT_MS = 2_000
"""Short, because fetching lags while one broker is away must not delay the partitions of the others."""


class KafkaSource:
    """The :class:`worker.source.port.Source` on Kafka."""

    def __init__(self, kafka: KafkaSettings, client_id: str, topic_id: str, note: str = "") -> None:
        """Join the group. Only records of the topic with this id are delivered.

        :param note: the metadata of each commit (:mod:`worker.source.commit_notes`).
        :raises Retry: if no broker answers.
        :raises Misconfigured: if the broker refuses us.
        """
        self._kafka = kafka
        self._changes = _RebalanceChanges()
        self._topic_id = UUID(topic_id)
        self._note = note
        self._started: dict[TopicPartition, int] = {}  # the lowest offset at which each was started
        self._unreadable = UnreadableBatches()
        self._is_paused = False
        with kafka_errors(kafka, explain_absence_as_retry):
            self._consumer = KafkaConsumer(
                **build_client_options(kafka, client_id),
                group_id=kafka.group,
                partition_assignment_strategy=[CooperativeStickyAssignor],
                auto_offset_reset="none",
                enable_auto_commit=False,
                allow_auto_create_topics=False,
                isolation_level=kafka.isolation_level,
                session_timeout_ms=kafka.session_timeout_ms,
                heartbeat_interval_ms=min(HEARTBEAT_MS, kafka.session_timeout_ms // 4),
                max_poll_interval_ms=kafka.max_poll_interval_ms,
                fetch_max_wait_ms=FETCH_WAIT_MS,
                fetch_max_bytes=FETCH_BYTES,
                reconnect_backoff_max_ms=2_000,
                metadata_max_age_ms=METADATA_MAX_AGE_MS,
                metrics_enabled=False,
            )
        patch_coordinator(self._consumer)
        use_fast_reader(self._consumer)
        pin_topic(self._consumer, kafka.topic, self._topic_id)
        self._consumer.subscribe([kafka.topic], listener=_Listener(self._consumer, self._changes))

    @property
    def topic(self) -> str:
        """The topic's name."""
        return self._kafka.topic

    def poll(self, timeout_s: float, limit: int) -> Poll:
        """Poll once, and take the changes that the listener stored."""
        records: dict[Any, Any] = {}
        try:
            records = self._consumer.poll(timeout_ms=int(timeout_s * 1000), max_records=limit)
        except OffsetOutOfRangeError as error:
            self._restart_out_of_range(error.args[0])
        except LogTruncationError as error:
            self._restart_truncated(error.divergent_offsets)
        except UnreadableBatchError as error:
            self._unreadable.add(error)
        except KafkaError as error:
            if not may_pass(error):
                raise explain_lasting(self._kafka, error) from None
            # The client asks for new metadata, or joins the group again, in the next poll.
        self._refuse_other_topic()
        assigned, revoked, lost = self._changes.take()
        for tp in lost | revoked | assigned:
            self._started.pop(tp, None)
        return Poll(
            records={tp.partition: found for tp, found in records.items() if tp in self._started},
            assigned=frozenset(tp.partition for tp in assigned),
            revoked=frozenset(tp.partition for tp in revoked),
            lost=frozenset(tp.partition for tp in lost),
        )

    def count_partitions(self) -> int:
        """Return the number in the latest metadata, which is at most a few seconds old; 0 if the topic was deleted."""
        return len(self._consumer.partitions_for_topic(self.topic) or ())

    def fetch_bounds(self, partitions: Collection[int]) -> Mapping[int, Bounds]:
        """Fetch the logs' starts, ends and high watermarks."""
        tps = [self._topic_partition(partition) for partition in partitions]
        try:
            starts = self._consumer.beginning_offsets(tps, timeout_ms=REQUEST_TIMEOUT_MS)
            ends = self._consumer.end_offsets(tps, timeout_ms=REQUEST_TIMEOUT_MS)
            highs = fetch_high_watermarks(self._consumer, tps, REQUEST_TIMEOUT_MS)
        except KafkaError as error:
            raise explain_failure(self._kafka, error, "no offsets from") from None
        self._refuse_other_topic()
        return {tp.partition: Bounds(starts[tp], ends[tp], highs[tp]) for tp in tps}

    def start_partition(self, partition: int, offset: int, leader_epoch: int | None = None) -> None:
        """Seek, and resume the partition unless the source is paused. The broker compares the epoch in each fetch."""
        tp = self._topic_partition(partition)
        position = OffsetAndMetadata(offset, "", NO_EPOCH if leader_epoch is None else leader_epoch)
        try:
            self._consumer.seek(tp, offset)
            self._consumer._subscription.seek(tp, position)  # noqa: SLF001 - the public method takes no epoch
        except (ValueError, KeyError):
            return  # no longer ours, as the next poll will report
        # The first start is at the chain's end, later ones may be beyond it.
        self._started[tp] = min(offset, self._started.get(tp, offset))
        if not self._is_paused:
            self._apply_to_owned([tp], self._consumer.resume)

    def pause(self) -> None:
        """Pause all started partitions."""
        self._is_paused = True
        self._apply_to_owned(self._started, self._consumer.pause)

    def resume(self) -> None:
        """Resume all started partitions."""
        self._is_paused = False
        self._apply_to_owned(self._started, self._consumer.resume)

    def compute_lags(self) -> Mapping[int, int]:
        """Subtract positions, which are after transaction markers, from the ends of the last fetches."""
        found = {}
        for tp, end in self._log_ends():
            if (position := get_position(self._consumer, tp)) is not None:
                found[tp.partition] = max(0, end.stable - position)
        return found

    def compute_held_back(self) -> Mapping[int, range]:
        """Return the offsets between ends and high watermarks of the last fetches."""
        return {tp.partition: range(end.stable, end.high_watermark) for tp, end in self._log_ends()}

    def fetch_progress(self) -> Mapping[int, ReadProgress] | None:
        """Fetch the logs' ends, and compare them with the consumer's positions."""
        owned = self._consumer.assignment()
        asked = list(owned or {self._topic_partition(FIRST_PARTITION)})
        try:
            ends = self._consumer.end_offsets(asked, timeout_ms=LAG_TIMEOUT_MS)
            highs = fetch_high_watermarks(self._consumer, asked, LAG_TIMEOUT_MS)
        except KafkaError as error:
            raise explain_failure(self._kafka, error, "no offsets from") from None
        if self._consumer.group_metadata().state is not MemberState.STABLE:
            return None
        positions = {tp: get_position(self._consumer, tp) or 0 for tp in owned}
        return {
            tp.partition: ReadProgress(position, max(0, ends[tp] - position), highs[tp])
            for tp, position in positions.items()
        }

    def fetch_group_lag(self) -> int:
        """Fetch committed offsets, and the starts and ends of all logs."""
        asked = [self._topic_partition(number) for number in range(self.count_partitions())]
        coordinator = self._consumer._coordinator  # noqa: SLF001 - the public method asks for one partition
        try:
            committed = coordinator.fetch_committed_offsets(asked, timeout_ms=LAG_TIMEOUT_MS)
            starts = self._consumer.beginning_offsets(asked, timeout_ms=LAG_TIMEOUT_MS)
            ends = self._consumer.end_offsets(asked, timeout_ms=LAG_TIMEOUT_MS)
        except KafkaError as error:
            raise explain_failure(self._kafka, error, "no offsets from") from None
        known = {tp: max(starts[tp], found.offset) for tp, found in committed.items()}
        return sum(max(0, ends[tp] - known.get(tp, starts[tp])) for tp in asked)

    def commit(self, offsets: Mapping[int, int]) -> bool:
        """Commit offsets."""
        commits = {
            self._topic_partition(partition): OffsetAndMetadata(offset, self._note, NO_EPOCH)
            for partition, offset in offsets.items()
        }
        try:
            self._consumer.commit(commits, timeout_ms=COMMIT_TIMEOUT_MS)
        except KafkaError as error:
            if classify_failure(error) is Failure.MEMBERSHIP:
                return False
            raise explain_failure(self._kafka, error, "no commit at") from None
        return True

    def close(self) -> None:
        """Leave the group, so that the others need not wait for the session to time out."""
        with suppress(KafkaError):  # the session then ends by its timeout
            self._consumer.close(autocommit=False, timeout_ms=CLOSE_TIMEOUT_MS)

    def _restart_out_of_range(self, positions: Mapping[TopicPartition, int]) -> None:
        """Let the worker start partitions again whose log does not hold our position.

        :raises DataRefused: if the log ends before the offset at which we started the partition.
        """
        # Until they are started again, each poll would fail.
        self._apply_to_owned(positions, self._consumer.pause)
        try:
            bounds = self.fetch_bounds([tp.partition for tp in positions])
        except Retry:  # the next fetch fails again
            self._changes.revoke_and_assign(positions)
            return
        for tp, position in positions.items():
            log = bounds[tp.partition]
            refuse_offset_beyond_end(self.topic, tp.partition, self._started.get(tp, log.end), log)
            if position < log.start:
                self._changes.revoke_and_assign([tp])
            elif position > log.high_watermark or not self._request_validation(tp):
                self._changes.lose_and_assign([tp])

    def _restart_truncated(self, divergent: Mapping[TopicPartition, OffsetAndMetadata | None]) -> None:
        """Let the worker start partitions again in whose log other records have replaced some that we read.

        :raises DataRefused: if the log differs already before the offset at which we started the partition.
        """
        self._apply_to_owned(divergent, self._consumer.pause)
        for tp, found in divergent.items():
            if tp in self._started:
                common_end = None if found is None else found.offset
                refuse_rewritten_log(self.topic, tp.partition, self._started[tp], common_end)
        self._changes.lose_and_assign(divergent)

    def _request_validation(self, tp: TopicPartition) -> bool:
        """Request a comparison of our position's epoch with the log. Return False if the epoch is unknown.

        The broker reports an epoch that it does not know as an offset out of range.
        """
        self._apply_to_owned([tp], self._consumer.resume)
        return bool(self._consumer._subscription.request_position_validation(tp))  # noqa: SLF001 - there is no public way

    def _refuse_other_topic(self) -> None:
        found = find_topic_id(self._consumer, self.topic)
        if found is not None:
            refuse_other_topic(self.topic, str(self._topic_id), str(found))

    def _log_ends(self) -> Iterator[tuple[TopicPartition, LogEnd]]:
        for tp in self._started.keys() & self._consumer.assignment():
            if (end := get_log_end(self._consumer, tp)) is not None:
                yield tp, end

    def _topic_partition(self, partition: int) -> TopicPartition:
        return TopicPartition(self._kafka.topic, partition)

    def _apply_to_owned(
        self, partitions: Iterable[TopicPartition], change: Callable[[TopicPartition], None]
    ) -> None:
        for tp in set(partitions) & self._consumer.assignment():
            change(tp)


class _RebalanceChanges:
    """Changes that the listener stored for the worker's thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._assigned: set[TopicPartition] = set()
        self._revoked: set[TopicPartition] = set()
        self._lost: set[TopicPartition] = set()

    def add_assigned(self, partitions: Iterable[TopicPartition]) -> None:
        with self._lock:
            self._assigned |= set(partitions)

    def add_revoked(self, partitions: Iterable[TopicPartition]) -> None:
        with self._lock:
            self._revoked |= set(partitions)
            self._assigned -= set(partitions)

    def add_lost(self, partitions: Iterable[TopicPartition]) -> None:
        with self._lock:
            self._lost |= set(partitions)
            self._assigned -= set(partitions)

    def revoke_and_assign(self, partitions: Iterable[TopicPartition]) -> None:
        """Let the worker publish what it holds of the partitions and start them again."""
        self.add_revoked(partitions)
        self.add_assigned(partitions)

    def lose_and_assign(self, partitions: Iterable[TopicPartition]) -> None:
        """Let the worker drop what it holds of the partitions and start them again."""
        self.add_lost(partitions)
        self.add_assigned(partitions)

    def take(self) -> tuple[set[TopicPartition], set[TopicPartition], set[TopicPartition]]:
        with self._lock:
            taken = self._assigned, self._revoked, self._lost
            self._assigned, self._revoked, self._lost = set(), set(), set()
            return taken


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    def __init__(self, consumer: KafkaConsumer, changes: _RebalanceChanges) -> None:
        self._consumer = consumer
        self._changes = changes

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        for tp in assigned:
            self._consumer.pause(tp)
            self._consumer.seek(tp, PLACEHOLDER_OFFSET)  # so that the client fetches no committed offset
        self._changes.add_assigned(assigned)

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._changes.add_revoked(revoked)

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        self._changes.add_lost(lost)
