"""The fast reader of record batches, compared with kafka-python's reader on the same bytes."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record import MemoryRecords
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from kafka.record.legacy_records import LegacyRecordBatchBuilder
from kafka.record.util import calc_crc32c, decode_varint
from kafka.structs import TopicPartition

from worker.source.fast_reader import KafkaRecord, _FastPartitionRecords, decode_batch
from worker.source.fetcher import UnreadableBatchError
from worker.source.snappy import register_snappy

if TYPE_CHECKING:
    from collections.abc import Sequence

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
LOG_APPEND_TIME, CONTROL = 0x08, 0x20
NOON = 1_700_000_000_000
LEADER_EPOCH_AT, CRC_AT, ATTRIBUTES_AT, MAX_TIMESTAMP_AT = 12, 17, 21, 35
"""In a batch's header: https://kafka.apache.org/documentation/#recordbatch"""

register_snappy()

Headers = list[tuple[str, bytes | None]]
Given = tuple[int, int, bytes | None, bytes | None, Headers]
"""Offset in its batch, timestamp, key, value, headers."""

small = st.binary(max_size=40)
long = st.integers(0, 20_000).map(lambda size: b"x" * size)
maybe = st.none() | small | long


@st.composite
def batches(draw: st.DrawFn) -> list[Given]:
    """Batches whose offsets have gaps, as after compaction."""
    offsets = draw(st.lists(st.integers(0, 100_000), min_size=1, max_size=8, unique=True).map(sorted))
    times = st.integers(-5_000, 100_000_000).map(NOON.__add__)
    headers = st.lists(st.tuples(st.text(max_size=5), st.none() | small), max_size=2)
    return [(offset, draw(times), draw(maybe), draw(maybe), draw(headers)) for offset in offsets]


def batch_of(records: Sequence[Given], codec: str = "none", attributes: int = 0, base: int = 0) -> bytes:
    builder = DefaultRecordBatchBuilder(2, CODECS[codec], 0, -1, -1, -1, 1 << 30)
    for offset, *fields in records:
        assert builder.append(offset, *fields)
    made = builder.build()
    struct.pack_into(">q", made, 0, base)
    made[ATTRIBUTES_AT + 1] |= attributes
    if attributes & LOG_APPEND_TIME:
        struct.pack_into(">q", made, MAX_TIMESTAMP_AT, NOON + 1)
    return resealed(made)


def resealed(batch: bytearray) -> bytes:
    struct.pack_into(">I", batch, CRC_AT, calc_crc32c(memoryview(batch)[ATTRIBUTES_AT:]))
    return bytes(batch)


def attribute_places(batch: bytes) -> set[int]:
    """Return the places of the records' attributes in a batch without compression."""
    found, position = set(), DefaultRecordBatch.HEADER_STRUCT.size
    while position < len(batch):
        length, start = decode_varint(batch, position)
        found.add(start)
        position = start + length
    return found


def old_batch(records: Sequence[Given]) -> bytes:
    builder = LegacyRecordBatchBuilder(1, 0, 1 << 30)
    for offset, timestamp, key, value, _ in records:
        builder.append(offset, timestamp, key, value)
    return bytes(builder.build())


def read(
    kind: type[Any], content: bytes, start: int = 0, at_once: int = 3
) -> tuple[list[KafkaRecord], list[int]]:
    """Return all records of one fetch, and the next fetch offset and leader epoch after each take."""
    drained: list[object] = []
    fetched = kind(start, TopicPartition("tweets", 7), MemoryRecords(content), on_drain=drained.append)
    records, positions = [], []
    while fetched:
        found = fetched.take(at_once)
        records += [
            KafkaRecord(r.partition, r.offset, r.timestamp, r.key, r.value, None, r.timestamp_type)
            for r in found
        ]
        positions += [fetched.next_fetch_offset, fetched.leader_epoch]
    assert drained == [fetched]
    return records, positions


def read_by_both(
    content: bytes, start: int = 0, at_once: int = 3
) -> tuple[list[KafkaRecord], list[KafkaRecord]]:
    fast, fast_positions = read(_FastPartitionRecords, content, start, at_once)
    library, positions = read(Fetcher.PartitionRecords, content, start, at_once)
    assert fast_positions == positions
    return fast, library


@given(records=batches(), codec=st.sampled_from(sorted(CODECS)), appended=st.booleans())
def test_a_batch_is_read_as_the_library_reads_it(records: list[Given], codec: str, *, appended: bool) -> None:
    content = batch_of(records, codec, LOG_APPEND_TIME if appended else 0, base=1 << 40)
    fast, library = read_by_both(content)
    assert fast == library
    assert [(r.key, r.value) for r in fast] == [(key, value) for _, _, key, value, _ in records]
    assert {r.timestamp_type for r in fast} == {int(appended)}
    assert {r.timestamp for r in fast} == ({NOON + 1} if appended else {time for _, time, *_ in records})


@pytest.mark.parametrize(("stored", "read_as"), [(-1, None), (0, 0), (7, 7), (2**31 - 1, 2**31 - 1)])
def test_each_record_has_the_leader_epoch_of_its_batch(stored: int, read_as: int | None) -> None:
    later = bytearray(batch_of(RECORDS, base=2))
    struct.pack_into(">i", later, LEADER_EPOCH_AT, stored)  # the checksum does not cover it: brokers set it
    fetched = _FastPartitionRecords(
        0, TopicPartition("tweets", 7), MemoryRecords(batch_of(RECORDS) + bytes(later))
    )
    assert [record.leader_epoch for record in fetched.take(10)] == [0, 0, read_as, read_as]


@given(st.lists(batches(), min_size=1, max_size=3), st.integers(0, 300_000), st.integers(1, 5))
def test_a_fetch_may_begin_within_a_batch(found: list[list[Given]], start: int, at_once: int) -> None:
    content = b"".join(batch_of(records, base=number * 100_001) for number, records in enumerate(found))
    fast, library = read_by_both(content, start, at_once)
    assert fast == library


RECORDS: list[Given] = [(0, NOON, b"k", b"v", []), (1, NOON, None, None, [("h", b"1")])]


def test_transaction_markers_are_skipped_and_old_formats_are_read() -> None:
    marker = batch_of([(0, NOON, b"\0\0\0\0", b"\0\0\0\0\0\0", [])], attributes=CONTROL, base=2)
    content = batch_of(RECORDS) + marker + batch_of(RECORDS, base=3) + old_batch([(5, NOON, b"k", b"v", [])])
    fast, library = read_by_both(content)
    assert fast == library
    assert [record.offset for record in fast] == [0, 1, 3, 4, 5]


def test_a_batch_that_is_cut_off_is_not_delivered() -> None:
    content = batch_of(RECORDS) + batch_of(RECORDS, base=2)[:-1]
    fast, library = read_by_both(content)
    assert fast == library
    assert [record.offset for record in fast] == [0, 1]


def test_records_before_a_corrupt_batch_are_delivered_first() -> None:
    broken = bytearray(batch_of(RECORDS, base=2))
    broken[-1] ^= 1
    fetched = _FastPartitionRecords(
        0, TopicPartition("tweets", 7), MemoryRecords(batch_of(RECORDS) + bytes(broken))
    )
    assert len(fetched.take(10)) == len(RECORDS)
    assert fetched.next_fetch_offset == 2
    assert fetched.record_iterator is None, "the broken batch is fetched again"
    with pytest.raises(
        UnreadableBatchError, match="tweets-7: the record batch at offset 2 fails its checksum"
    ) as caught:
        read(_FastPartitionRecords, bytes(broken), start=2)
    assert str(caught.value.explain()).endswith(
        "or delete its records before offset 4 with kafka-delete-records.sh: workers then report these offsets as a gap and "
        "continue behind it"
    )


@given(batches(), st.data())
def test_a_corrupt_record_with_a_right_checksum_is_refused_if_the_library_refuses_it(
    records: list[Given], data: st.DataObject
) -> None:
    """Without headers, which this reader skips."""
    whole = bytearray(batch_of([(offset, time, key, value, []) for offset, time, key, value, _ in records]))
    # The attributes of a record are one unused byte. The library reads them as a number of any length.
    places = set(range(DefaultRecordBatch.HEADER_STRUCT.size, len(whole))) - attribute_places(bytes(whole))
    place = data.draw(st.sampled_from(sorted(places)))
    whole[place] = data.draw(st.integers(0, 255))
    content = resealed(whole)
    try:
        library = [(r.offset, r.timestamp, r.key, r.value) for r in DefaultRecordBatch(content)]
    except (CorruptRecordError, UnicodeDecodeError):
        with pytest.raises(UnreadableBatchError):
            read(_FastPartitionRecords, content)
    else:
        assert [tuple(record)[1:5] for record in decode_batch(DefaultRecordBatch(content), 7)] == library


@pytest.mark.parametrize("count", [-1, 1, 2])
def test_a_number_of_headers_that_cannot_be_is_refused(count: int) -> None:
    batch = bytearray(batch_of([(0, NOON, b"k", b"v", [])]))
    assert batch[-1] == 0, "no headers"
    batch[-1] = 2 * count if count > 0 else -2 * count - 1  # a zigzag varint
    content = resealed(batch)
    with pytest.raises(CorruptRecordError):
        read(Fetcher.PartitionRecords, content)
    with pytest.raises(UnreadableBatchError):
        read(_FastPartitionRecords, content)


@given(st.binary(max_size=60), st.integers(0, 3))
def test_random_bytes_are_refused_unless_they_are_records(rubbish: bytes, count: int) -> None:
    header = bytearray(batch_of(RECORDS)[: DefaultRecordBatch.HEADER_STRUCT.size])
    struct.pack_into(">i", header, 8, len(header) + len(rubbish) - 12)
    struct.pack_into(">i", header, len(header) - 4, count)
    content = resealed(header + rubbish)
    try:
        library = [(r.offset, r.timestamp, r.key, r.value) for r in DefaultRecordBatch(content)]
    except (CorruptRecordError, UnicodeDecodeError):
        with suppress(UnreadableBatchError):  # the error may be in a header, which this reader skips
            read(_FastPartitionRecords, content)
        return
    assert [tuple(record)[1:5] for record in decode_batch(DefaultRecordBatch(content), 7)] == library
