"""Decodes record batches in one loop, in half of kafka-python's time, which was the largest cost beside scoring.

kafka-python makes two objects for each record and reads thirty attributes of them, headers and sizes included; a worker needs
five fields. Fetching, checksums, decompression and the formats before 2017 are left to the library.

Batches of aborted transactions are skipped without being decompressed. The broker lists the aborted transactions of a response
if committed records only are asked for (https://cwiki.apache.org/confluence/display/KAFKA/KIP-98).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record.util import decode_varint

from worker.source.fetcher import UnreadableBatchError, patch_fetcher
from worker.source.port import CREATE_TIME, LOG_APPEND_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kafka import KafkaConsumer, TopicPartition
    from kafka.record import MemoryRecords
    from kafka.record.default_records import DefaultRecordBatch
    from kafka.record.legacy_records import LegacyRecord

FORMAT = 2
"""The format of record batches since Kafka 0.11, and the only one since Kafka 4."""
_MARKER_TYPE = slice(2, 4)
"""The place of a marker's type in its key: https://kafka.apache.org/documentation/#controlbatch"""
_ABORT = b"\0\0"
_CORRUPT = "is corrupt, although its checksum is right"
_NO_TIMESTAMP = -1
"""What Kafka's own clients report for the format before 2016, which has no timestamps."""


class KafkaRecord(NamedTuple):
    """A :class:`worker.source.port.Record`."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    leader_epoch: int | None = None
    timestamp_type: int = CREATE_TIME


def use_fast_reader(consumer: KafkaConsumer) -> None:
    """Make a consumer deliver :class:`KafkaRecord`. Call it before the first poll."""
    patch_fetcher(consumer, _FastPartitionRecords)


class _FastPartitionRecords(Fetcher.PartitionRecords):  # type: ignore[misc]  # kafka-python has no types
    """The records of one partition in one fetch response."""

    def _unpack_records(
        self, tp: TopicPartition, batches: MemoryRecords, *_deserializers: None
    ) -> Iterator[KafkaRecord]:
        """Yield the records. ``next_fetch_offset`` is kept current, also after markers, aborted and compacted records."""
        batch = None
        try:
            for batch in batches:
                _check_checksum(batch)
                current = batch.magic == FORMAT
                if current:
                    self.leader_epoch = batch.leader_epoch
                if not (current and self._skips(batch)):
                    for record in _decode(batch, tp.partition):
                        self.next_fetch_offset = record.offset + 1
                        yield record
                if current:
                    self.next_fetch_offset = batch.next_offset
        except Exception as error:  # noqa: BLE001 - each codec raises errors of its own
            self.drain()  # the rest is fetched again; without this, the library's next poll would not end
            raise _unreadable(tp, self.next_fetch_offset, batch, error) from None
        self.drain()

    def _skips(self, batch: DefaultRecordBatch) -> bool:
        """Return whether a batch has no records for us: a marker, or part of an aborted transaction. Call it in log order."""
        aborted = self.aborted_transactions
        while aborted and aborted[0].first_offset <= batch.last_offset:
            self.aborted_producer_ids.add(aborted.popleft().producer_id)
        if not batch.is_control_batch:
            return batch.is_transactional and batch.producer_id in self.aborted_producer_ids
        if batch.producer_id in self.aborted_producer_ids and _is_abort_marker(batch):
            self.aborted_producer_ids.remove(batch.producer_id)
        return True


def _check_checksum(batch: DefaultRecordBatch) -> None:
    if not batch.validate_crc():
        raise CorruptRecordError("fails its checksum")


def _decode(batch: DefaultRecordBatch, partition: int) -> Iterable[KafkaRecord]:
    if batch.magic == FORMAT:
        return decode_batch(batch, partition)
    return [_convert_old_record(old, partition) for old in batch]


def _is_abort_marker(batch: DefaultRecordBatch) -> bool:
    """Return whether a control batch aborts a transaction. Compaction may have deleted the marker and kept the batch."""
    keys = [record.key for record in decode_batch(batch, 0)]
    return bool(keys) and keys[0] is not None and keys[0][_MARKER_TYPE] == _ABORT


def _unreadable(
    tp: TopicPartition, offset: int, batch: DefaultRecordBatch | None, error: Exception
) -> UnreadableBatchError:
    problem = error.args[0] if isinstance(error, CorruptRecordError) else f"cannot be read: {error!r}"
    next_offset = batch.next_offset if batch is not None and batch.magic == FORMAT else None
    return UnreadableBatchError(tp, offset, problem, next_offset)


def _convert_old_record(old: LegacyRecord, partition: int) -> KafkaRecord:
    if old.timestamp is None:
        return KafkaRecord(partition, old.offset, _NO_TIMESTAMP, old.key, old.value)
    return KafkaRecord(partition, old.offset, old.timestamp, old.key, old.value, None, old.timestamp_type)


def _skip_headers(data: bytes, position: int, headers: int, end: int) -> int:
    """Check headers as the library does. Return the position behind them.

    :raises CorruptRecordError: if their number or a length is impossible.
    :raises ValueError: if a name is not UTF-8.
    """
    if headers < 0:
        raise CorruptRecordError(_CORRUPT)
    for _ in range(headers):
        length, position = decode_varint(data, position)
        if length < 0 or position + length > end:
            raise CorruptRecordError(_CORRUPT)
        data[position : position + length].decode()
        value_length, position = decode_varint(data, position + length)
        position += max(value_length, 0)
    return position


def decode_batch(batch: DefaultRecordBatch, partition: int) -> list[KafkaRecord]:
    """Return a batch's records without their headers. The format is https://kafka.apache.org/documentation/#record.

    :raises CorruptRecordError: if a record's length is wrong.
    :raises IndexError: if the batch ends within a record.
    :raises ValueError: if a number has more than 64 bits.
    """
    iter(batch)  # decompresses it
    data, position = bytes(batch._buffer), batch._pos  # noqa: SLF001 - there is no public view
    timestamp_type = batch.timestamp_type
    appended = timestamp_type == LOG_APPEND_TIME
    base_offset = batch.base_offset
    leader_epoch = batch.leader_epoch if batch.leader_epoch >= 0 else None
    base_timestamp = batch.max_timestamp if appended else batch.first_timestamp

    def field(position: int) -> tuple[bytes | None, int]:
        """Read length-prefixed bytes; a negative length means null."""
        length, position = decode_varint(data, position)
        if length < 0:
            return None, position
        return data[position : position + length], position + length

    records = []
    for _ in range(batch.records_count):
        length, start = decode_varint(data, position)
        timestamp, position = decode_varint(data, start + 1)  # skips the attributes, which are unused
        offset, position = decode_varint(data, position)
        key, position = field(position)
        value, position = field(position)
        headers, position = decode_varint(data, position)
        end = start + length
        if headers:
            position = _skip_headers(data, position, headers, end)
        if position != end:
            raise CorruptRecordError(_CORRUPT)
        taken = base_timestamp if appended else base_timestamp + timestamp
        records.append(
            KafkaRecord(partition, base_offset + offset, taken, key, value, leader_epoch, timestamp_type)
        )
    if position != len(data):
        raise CorruptRecordError(_CORRUPT)
    return records
