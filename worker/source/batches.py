"""Record batches taken apart in one loop: half of what kafka-python takes, which was the largest cost beside scoring.

kafka-python makes two objects of each record and asks them thirty things, headers and sizes among them; a worker wants five
fields. Fetching, checksums, compression and formats before 2017 stay the library's.
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
"""Of record batches since Kafka 0.11, and the only one since Kafka 4."""


class KafkaRecord(NamedTuple):
    """A record as :class:`worker.source.port.Record` wants it."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def use_fast_reader(consumer: KafkaConsumer) -> None:
    """Make this consumer, which reads uncommitted records too, deliver :class:`KafkaRecord`; before its first poll."""
    consumer._fetcher.PartitionRecords = _FastPartitionRecords  # noqa: SLF001 - there is no public way to name one's own


class _FastPartitionRecords(Fetcher.PartitionRecords):  # type: ignore[misc]  # kafka-python has no types
    """What one fetch brought of one partition."""

    def _unpack_records(
        self, tp: TopicPartition, batches: MemoryRecords, *_deserializers: None
    ) -> Iterator[KafkaRecord]:
        """Yield the records; ``next_fetch_offset`` always says where to go on, behind markers and compacted records too."""
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
    """Read a batch's records as https://kafka.apache.org/documentation/#record describes them; headers are passed over.

    :raises CorruptRecordError: if a record is longer or shorter than it says.
    :raises IndexError: if the batch ends within a record.
    :raises ValueError: if a number has more than 64 bits.
    """
    iter(batch)  # decompresses
    data, position = bytes(batch._buffer), batch._pos  # noqa: SLF001 - it offers no public view
    appended = batch.timestamp_type == batch.LOG_APPEND_TIME
    base_offset = batch.base_offset
    base_timestamp = batch.max_timestamp if appended else batch.first_timestamp

    def field(position: int) -> tuple[bytes | None, int]:
        """Read bytes with their length before them, which is negative if there are none."""
        length, position = decode_varint(data, position)
        if length < 0:
            return None, position
        return data[position : position + length], position + length

    records = []
    for _ in range(batch.records_count):
        length, start = decode_varint(data, position)
        timestamp, position = decode_varint(
            data, start + 1
        )  # behind a byte of attributes, which nobody uses yet
        offset, position = decode_varint(data, position)
        key, position = field(position)
        value, position = field(position)
        headers, position = decode_varint(data, position)
        end = start + length
        if position != end and not (headers and position < end):
            raise _corrupt(batch, partition)
        position = end
        taken = base_timestamp if appended else base_timestamp + timestamp
        records.append(KafkaRecord(partition, base_offset + offset, taken, key, value))
    if position != len(data):
        raise _corrupt(batch, partition)
    return records


def _corrupt(batch: DefaultRecordBatch, partition: int) -> CorruptRecordError:
    return CorruptRecordError(
        f"partition {partition}: the record batch at offset {batch.base_offset} is broken, though its checksum is right"
    )
