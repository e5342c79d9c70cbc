"""Skipping aborted records: the fast reader is compared with a model of the log, and with kafka-python's reader."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.consumer.fetcher import Fetcher
from kafka.protocol.consumer import IsolationLevel
from kafka.record import MemoryRecords
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.util import calc_crc32c
from kafka.structs import TopicPartition

from worker.source.fast_reader import _FastPartitionRecords
from worker.source.fetcher import CheckedPartitionRecords
from worker.source.snappy import register_snappy

register_snappy()

TWEETS = TopicPartition("tweets", 7)
NOON = 1_700_000_000_000
ABORT, COMMIT = 0, 1
CONTROL = 0x20
LENGTH_AT, CRC_AT, ATTRIBUTES_AT, LAST_DELTA_AT, COUNT_AT, RECORDS_AT = 8, 17, 21, 23, 57, 61
"""In a batch's header: https://kafka.apache.org/documentation/#recordbatch"""


class Aborted(NamedTuple):
    """An aborted transaction, as a fetch response lists it. ``end`` is the offset of its marker."""

    producer_id: int
    first_offset: int
    end: int


@dataclass
class Log:
    """A log as a broker writes it: each batch with its offset, and what a reader of committed records must find."""

    batches: list[tuple[int, bytes]] = field(default_factory=list)
    end: int = 0
    committed: set[int] = field(default_factory=set)
    aborted: list[Aborted] = field(default_factory=list)
    open: dict[int, list[int]] = field(default_factory=dict)

    def append(self, producer_id: int, count: int, codec: int, *, transactional: bool) -> None:
        offsets = list(range(self.end, self.end + count))
        if transactional:
            self.open.setdefault(producer_id, []).extend(offsets)
        else:
            self.committed.update(offsets)
        self._add(make_batch(self.end, producer_id, count, codec, transactional=transactional), count)

    def end_transaction(self, producer_id: int, kind: int) -> None:
        """Write a marker. The broker also writes one for a transaction without records here, but in another partition."""
        offsets = self.open.pop(producer_id, [])
        if kind == COMMIT:
            self.committed.update(offsets)
        elif offsets:
            self.aborted.append(Aborted(producer_id, offsets[0], self.end))
        self._add(make_marker(self.end, producer_id, kind), 1)

    def fetch(self, start: int, end: int) -> tuple[bytes, list[Aborted]]:
        """Return a response: the batches that reach into ``[start, end)``, and the aborted transactions that do."""
        starts = [offset for offset, _ in self.batches if offset <= start]
        first = starts[-1] if starts else 0
        content = b"".join(batch for offset, batch in self.batches if first <= offset < end)
        return content, [one for one in self.aborted if one.end >= start and one.first_offset < end]

    def last_stable_offset(self) -> int:
        return min((offsets[0] for offsets in self.open.values()), default=self.end)

    def _add(self, batch: bytes, count: int) -> None:
        self.batches.append((self.end, batch))
        self.end += count


def make_batch(base: int, producer_id: int, count: int, codec: int, *, transactional: bool) -> bytes:
    builder = DefaultRecordBatchBuilder(2, codec, transactional, producer_id, 0, 0, 1 << 20)
    for delta in range(count):
        builder.append(delta, NOON, b"k", b"%d" % (base + delta), [])
    made = builder.build()
    struct.pack_into(">q", made, 0, base)
    return bytes(made)


def make_marker(base: int, producer_id: int, kind: int) -> bytes:
    is_transactional = True
    builder = DefaultRecordBatchBuilder(2, 0, is_transactional, producer_id, 0, -1, 1 << 20)
    builder.append(0, NOON, struct.pack(">hh", 0, kind), b"\0" * 6, [])
    made = builder.build()
    made[ATTRIBUTES_AT + 1] |= CONTROL
    struct.pack_into(">q", made, 0, base)
    return reseal(made)


def empty(batch: bytes) -> bytes:
    """Return a batch as compaction leaves one of which every record is gone: only the header, with its offsets."""
    made = bytearray(batch[:RECORDS_AT])
    struct.pack_into(">i", made, LENGTH_AT, RECORDS_AT - LENGTH_AT - 4)
    struct.pack_into(">i", made, COUNT_AT, 0)
    return reseal(made)


def reseal(batch: bytearray) -> bytes:
    struct.pack_into(">I", batch, CRC_AT, calc_crc32c(memoryview(batch)[ATTRIBUTES_AT:]))
    return bytes(batch)


def read(kind: type[Any], content: bytes, aborted: list[Aborted], start: int, at_once: int) -> list[int]:
    fetched = kind(
        start,
        TWEETS,
        MemoryRecords(content),
        isolation_level=IsolationLevel.READ_COMMITTED,
        aborted_transactions=aborted,
    )
    offsets: list[int] = []
    while fetched:
        offsets += [record.offset for record in fetched.take(at_once)]
    return offsets


steps = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "plain", "commit", "abort"]), st.integers(0, 3), st.integers(1, 4)
    ),
    max_size=30,
)


def build(history: list[tuple[str, int, int]], codec: int = 0) -> Log:
    log = Log()
    for step, producer_id, count in history:
        if step in ("write", "plain"):
            log.append(producer_id if step == "write" else -1, count, codec, transactional=step == "write")
        else:
            log.end_transaction(producer_id, COMMIT if step == "commit" else ABORT)
    return log


@settings(max_examples=300)
@given(history=steps, codec=st.sampled_from([0, 1, 2, 3, 4]), data=st.data())
def test_exactly_the_committed_records_are_read(
    history: list[tuple[str, int, int]], codec: int, data: st.DataObject
) -> None:
    """Fetches begin and end anywhere, also within a transaction; a broker ends them at the last stable offset."""
    log = build(history, codec)
    stable = log.last_stable_offset()
    start = data.draw(st.integers(0, stable))
    end = data.draw(st.integers(start, stable))
    content, aborted = log.fetch(start, end)
    last = max(
        (offset + count_offsets(batch) for offset, batch in log.batches if offset < end), default=start
    )
    expected = sorted(offset for offset in log.committed if start <= offset < max(end, last))
    at_once = data.draw(st.integers(1, 5))
    fast = read(_FastPartitionRecords, content, aborted, start, at_once)
    assert fast == [offset for offset in expected if content]
    assert fast == read(Fetcher.PartitionRecords, content, aborted, start, at_once)
    assert fast == read(CheckedPartitionRecords, content, aborted, start, at_once)


@settings(max_examples=200)
@given(history=steps, data=st.data())
def test_batches_that_compaction_emptied_change_nothing_else(
    history: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    """The cleaner keeps the last batch of a producer as a header, and an aborted transaction's marker as long as its records."""
    log = build(history)
    needed = {one.end for one in log.aborted}
    gone = set()
    for number, (offset, batch) in enumerate(log.batches):
        if offset not in needed and data.draw(st.booleans()):
            log.batches[number] = (offset, empty(batch))
            gone |= set(range(offset, offset + count_offsets(batch)))
    stable = log.last_stable_offset()
    content = b"".join(batch for offset, batch in log.batches if offset < stable)
    expected = sorted(offset for offset in log.committed - gone if offset < stable)
    assert read(_FastPartitionRecords, content, log.aborted, 0, 3) == expected
    assert read(CheckedPartitionRecords, content, log.aborted, 0, 3) == expected


def count_offsets(batch: bytes) -> int:
    return int(struct.unpack_from(">i", batch, LAST_DELTA_AT)[0]) + 1


@pytest.mark.parametrize("kind", [_FastPartitionRecords, CheckedPartitionRecords])
def test_an_emptied_marker_is_read(kind: type[Any]) -> None:
    """kafka-python's own reader fails here, at each fetch, with a RuntimeError."""
    content = empty(make_marker(0, 1, COMMIT)) + make_batch(1, 1, 1, 0, transactional=True)
    assert read(kind, content, [], 0, 5) == [1]
    with pytest.raises(RuntimeError):
        read(Fetcher.PartitionRecords, content, [], 0, 5)


@pytest.mark.parametrize("kind", [_FastPartitionRecords, CheckedPartitionRecords])
def test_a_producer_whose_transaction_was_aborted_commits_the_next_one(kind: type[Any]) -> None:
    log = build([("write", 1, 2), ("abort", 1, 1), ("write", 1, 2), ("commit", 1, 1)])
    content, aborted = log.fetch(0, log.end)
    assert aborted == [Aborted(1, 0, 2)]
    assert read(kind, content, aborted, 0, 5) == [3, 4]


@pytest.mark.parametrize("kind", [_FastPartitionRecords, CheckedPartitionRecords])
def test_an_emptied_marker_within_an_aborted_transaction_is_read(kind: type[Any]) -> None:
    content = make_batch(0, 1, 1, 0, transactional=True) + empty(make_marker(1, 1, ABORT))
    plain = make_batch(2, 1, 1, 0, transactional=False)
    assert read(kind, content + plain, [Aborted(1, 0, 1)], 0, 5) == [2], (
        "only transactional batches are aborted"
    )


def test_aborted_batches_are_not_decompressed() -> None:
    """A codec's work would be for nothing, and an unreadable batch that was aborted is no problem."""
    batch = bytearray(make_batch(0, 1, 3, 3, transactional=True))
    batch[RECORDS_AT:] = b"x" * (len(batch) - RECORDS_AT)
    content = reseal(batch) + make_marker(3, 1, ABORT) + make_batch(4, -1, 1, 0, transactional=False)
    assert read(_FastPartitionRecords, content, [Aborted(1, 0, 3)], 0, 5) == [4]
