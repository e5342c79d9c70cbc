"""Extends kafka-python's fetcher: the end of what can be read, and the place of a batch that cannot be read.

kafka-python keeps the high watermark of each fetch response and drops the last stable offset, where a reader of committed records
stops. Of a batch that it cannot decode, it names no offset, and after it has raised the error its next poll does not end.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError, KafkaError
from kafka.protocol.consumer import IsolationLevel

from badbuzz.errors import DataRefused
from worker.source.snappy import register_snappy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kafka import KafkaConsumer, TopicPartition
    from kafka.record import MemoryRecords
    from kafka.record.default_records import DefaultRecordBatch

READ_ATTEMPTS = 3
"""How often a batch that cannot be read is fetched. The first time, the network may have damaged it."""


class LogEnd(NamedTuple):
    """The end of a partition in the last fetch response.

    Records are delivered up to ``stable``: the last stable offset or, if uncommitted records are read, the high watermark.
    """

    stable: int
    high_watermark: int


class UnreadableBatchError(KafkaError):  # type: ignore[misc]  # kafka-python has no types
    """A record batch that cannot be decoded. ``offset`` is its first one or, if unknown, the position before it."""

    def __init__(self, tp: TopicPartition, offset: int, problem: str, next_offset: int | None = None) -> None:
        """``next_offset`` is the batch's last offset plus one; None if unknown."""
        super().__init__(f"{tp.topic}-{tp.partition}: the record batch at offset {offset} {problem}")
        self.topic_partition = tp
        self.offset = offset
        self._next_offset = next_offset

    def explain(self) -> DataRefused:
        """Return the error to raise when the batch stays unreadable."""
        tp, beyond = self.topic_partition, self._next_offset
        until = (
            f"before offset {beyond}"
            if beyond is not None and beyond > self.offset
            else "up to the end of the batch"
        )
        return DataRefused(
            f"{self.args[0]}. Restore {tp.topic}-{tp.partition} from another replica; or delete its records {until} with "
            "kafka-delete-records.sh: workers then report these offsets as a gap and continue behind it"
        )


class UnreadableBatches:
    """Counts how often a batch could not be read."""

    def __init__(self) -> None:
        self._failures: dict[TopicPartition, tuple[int, int]] = {}

    def add(self, error: UnreadableBatchError) -> None:
        """Count a failure, after which the batch is fetched again.

        :raises DataRefused: if this was the last attempt.
        """
        offset, count = self._failures.get(error.topic_partition, (error.offset, 0))
        count = count + 1 if offset == error.offset else 1
        if count >= READ_ATTEMPTS:
            raise error.explain() from None
        self._failures[error.topic_partition] = (error.offset, count)


def patch_fetcher(consumer: KafkaConsumer, records: type[Fetcher.PartitionRecords] | None = None) -> None:
    """Patch a consumer before its first poll.

    :param records: decodes fetched batches, and raises only ``UnreadableBatchError``.
    """
    register_snappy()
    fetcher = consumer._fetcher  # noqa: SLF001 - there is no public way to replace it
    fetcher.__class__ = PatchedFetcher
    fetcher.PartitionRecords = records or CheckedPartitionRecords


def get_log_end(consumer: KafkaConsumer, partition: TopicPartition) -> LogEnd | None:
    """Return the end in the last fetch response; None before the first one."""
    state = consumer._subscription.assignment.get(partition)  # noqa: SLF001 - there is no public view
    found: LogEnd | None = getattr(state, "log_end", None)
    return found


def get_position(consumer: KafkaConsumer, partition: TopicPartition) -> int | None:
    """Return the offset that is read next; None if it is unknown. The consumer's own method raises errors that polls handle."""
    state = consumer._subscription.assignment.get(partition)  # noqa: SLF001 - there is no public view
    return None if state is None or state.position is None else int(state.position.offset)


def fetch_high_watermarks(
    consumer: KafkaConsumer, partitions: list[TopicPartition], timeout_ms: int
) -> dict[TopicPartition, int]:
    """Fetch high watermarks, also with a consumer that reads committed records only."""
    uncommitted = copy.copy(consumer._fetcher)  # noqa: SLF001 - the request's isolation level is the fetcher's
    uncommitted._isolation_level = IsolationLevel.READ_UNCOMMITTED  # noqa: SLF001
    found: dict[TopicPartition, int] = uncommitted.end_offsets(partitions, timeout_ms)
    return found


class PatchedFetcher(Fetcher):  # type: ignore[misc]  # kafka-python has no types
    """Stores the end of each fetched log, and names the place of a corrupt record."""

    def _parse_fetched_data(self, completed_fetch: Any) -> Fetcher.PartitionRecords | None:  # noqa: ANN401
        tp, data = completed_fetch.topic_partition, completed_fetch.partition_data
        try:
            records = super()._parse_fetched_data(completed_fetch)
        except CorruptRecordError:
            raise UnreadableBatchError(
                tp, completed_fetch.fetched_offset, "is corrupt in the broker's log"
            ) from None
        state = self._subscriptions.assignment.get(tp)
        if records is not None and state is not None and data.high_watermark >= 0:
            stable = data.high_watermark
            if self._isolation_level == IsolationLevel.READ_COMMITTED and data.last_stable_offset >= 0:
                stable = min(stable, data.last_stable_offset)
            state.log_end = LogEnd(stable, data.high_watermark)
        return records


class CheckedPartitionRecords(Fetcher.PartitionRecords):  # type: ignore[misc]  # kafka-python has no types
    """The records of one partition in one fetch response, as kafka-python decodes them."""

    def _unpack_records(
        self, tp: TopicPartition, batches: MemoryRecords, *deserializers: None
    ) -> Iterator[Any]:
        """Yield the records. After an error, the rest of the response is dropped and fetched again."""
        try:
            yield from super()._unpack_records(tp, batches, *deserializers)
        except Exception as error:  # noqa: BLE001 - each codec raises errors of its own
            self.drain()
            raise UnreadableBatchError(tp, self.next_fetch_offset, f"cannot be read: {error!r}") from None

    def _contains_abort_marker(self, batch: DefaultRecordBatch) -> bool:
        """Return whether a batch ends an aborted transaction. kafka-python fails if compaction has deleted the marker."""
        return batch.records_count > 0 and bool(super()._contains_abort_marker(batch))
