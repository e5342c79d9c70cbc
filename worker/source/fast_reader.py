"""Decodes record batches in one loop, in half of kafka-python's time, which was the largest cost beside scoring.

kafka-python makes two objects for each record and reads thirty attributes of them, headers and sizes included; a worker needs
five fields. Fetching, checksums, decompression and the formats before 2017 are left to the library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record.util import decode_varint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kafka import KafkaConsumer, TopicPartition
    from kafka.record import MemoryRecords
    from kafka.record.default_records import DefaultRecordBatch

FORMAT = 2
"""The format of record batches since Kafka 0.11, and the only one since Kafka 4."""


class KafkaRecord(NamedTuple):
    """A :class:`worker.source.port.Record`."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    leader_epoch: int | None = None


def use_fast_reader(consumer: KafkaConsumer) -> None:
    """Make a consumer that reads uncommitted records deliver :class:`KafkaRecord`. Call it before the first poll."""
    consumer._fetcher.PartitionRecords = _FastPartitionRecords  # noqa: SLF001 - there is no public way to replace it


class _FastPartitionRecords(Fetcher.PartitionRecords):  # type: ignore[misc]  # kafka-python has no types
    """The records of one partition in one fetch response."""

    def _unpack_records(
        self, tp: TopicPartition, batches: MemoryRecords, *_deserializers: None
    ) -> Iterator[KafkaRecord]:
        """Yield the records. ``next_fetch_offset`` is kept current, also after markers and compacted records."""
        for batch in batches:
            if not batch.validate_crc():
                raise CorruptRecordError(
                    f"{tp.topic}-{tp.partition}: the record batch at offset {batch.base_offset} fails its checksum"
                )
            current = batch.magic == FORMAT
            if current:
                self.leader_epoch = batch.leader_epoch
            for record in _records(batch, tp.partition):
                self.next_fetch_offset = record.offset + 1
                yield record
            if current:
                self.next_fetch_offset = batch.next_offset
        self.drain()


def _records(batch: DefaultRecordBatch, partition: int) -> Iterable[KafkaRecord]:
    if batch.magic != FORMAT:
        return (KafkaRecord(partition, old.offset, old.timestamp, old.key, old.value) for old in batch)
    if batch.is_control_batch:
        return ()
    try:
        return decode_batch(batch, partition)
    except (IndexError, ValueError):
        raise _corrupt(batch, partition) from None


def decode_batch(batch: DefaultRecordBatch, partition: int) -> list[KafkaRecord]:
    """Return a batch's records without their headers. The format is https://kafka.apache.org/documentation/#record.

    :raises CorruptRecordError: if a record's length is wrong.
    :raises IndexError: if the batch ends within a record.
    :raises ValueError: if a number has more than 64 bits.
    """
    iter(batch)  # decompresses it
    data, position = bytes(batch._buffer), batch._pos  # noqa: SLF001 - there is no public view
    appended = batch.timestamp_type == batch.LOG_APPEND_TIME
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
        if (headers or position != end) and (headers <= 0 or position >= end):
            raise _corrupt(batch, partition)
        position = end
        taken = base_timestamp if appended else base_timestamp + timestamp
        records.append(KafkaRecord(partition, base_offset + offset, taken, key, value, leader_epoch))
    if position != len(data):
        raise _corrupt(batch, partition)
    return records


def _corrupt(batch: DefaultRecordBatch, partition: int) -> CorruptRecordError:
    return CorruptRecordError(
        f"partition {partition}: the record batch at offset {batch.base_offset} is corrupt, although its checksum is right"
    )
