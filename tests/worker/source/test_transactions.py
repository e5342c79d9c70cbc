"""Both readers of topics with transactions, on Apache Kafka: only committed records are read, up to the last stable offset."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaProducer, TopicPartition

from badbuzz.settings import KafkaSettings
from tests.worker.source.group_member import GroupMember, until
from tests.worker.transactions import TransactionalProducer
from worker.source.fetcher import LogEnd
from worker.source.kafka import KafkaSource
from worker.source.log_reader import LogReader
from worker.source.port import Bounds, ReadProgress
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.servers.broker import Broker

pytestmark = pytest.mark.apache_kafka

PARTITIONS = 2
TIMEOUT_S = 600


@pytest.fixture
def settings(kafka: Broker, new_topic: Callable[..., str]) -> KafkaSettings:
    name = new_topic(PARTITIONS)
    return KafkaSettings(bootstrap=kafka.bootstrap, topic=name, group=name, session_timeout_ms=6_000)


@pytest.fixture
def producer(settings: KafkaSettings) -> Iterator[TransactionalProducer]:
    with TransactionalProducer(settings.bootstrap, settings.topic) as producer:
        yield producer


@pytest.fixture
def members() -> Iterator[list[GroupMember]]:
    members: list[GroupMember] = []
    yield members
    for member in members:
        member.source.close()


def join(settings: KafkaSettings, members: list[GroupMember], start: int = 0) -> GroupMember:
    """Join alone, and read every partition from an offset."""
    topic = describe_topic(settings, settings.topic)
    member = GroupMember(KafkaSource(settings, "member", topic.id))
    members.append(member)
    until(lambda: member.owned == set(topic.partitions), member)
    for partition in topic.partitions:
        member.source.start_partition(partition, start)
    return member


def read_all(settings: KafkaSettings, partition: int = 0, start: int = 0) -> list[int]:
    """Return the offsets that the reader of ``verify`` and of dead letters finds."""
    with LogReader(settings, "test") as reader:
        return [
            record.offset for record in reader.read_to_end({TopicPartition(settings.topic, partition): start})
        ]


def append(settings: KafkaSettings, count: int, partition: int = 0) -> None:
    """Write records without a transaction."""
    with KafkaProducer(bootstrap_servers=settings.bootstrap) as producer:
        for number in range(count):
            producer.send(settings.topic, f"{number}".encode(), partition=partition)


def high_watermark_is(settings: KafkaSettings, offset: int, partition: int = 0) -> None:
    """Wait until the log ends at an offset: markers are written a moment after the commit's answer."""
    uncommitted = settings.model_copy(update={"isolation_level": "read_uncommitted"})
    tp = TopicPartition(settings.topic, partition)
    deadline = time.monotonic() + TIMEOUT_S
    with LogReader(uncommitted, "test") as reader:
        list(reader.read_to_end({tp: 0}))
        while reader.log_end(tp).high_watermark < offset:
            assert time.monotonic() < deadline, reader.log_end(tp)
            list(reader.read_to_end({tp: 0}))


def test_aborted_and_committed_transactions_are_mixed_with_plain_records(
    settings: KafkaSettings, producer: TransactionalProducer, members: list[GroupMember]
) -> None:
    aborted = producer.write([b"a", b"b", b"c"], committed=False)
    committed = producer.write([b"d", b"e"], committed=True)
    append(settings, 2)
    aborted += producer.write([b"f"], committed=False)
    elsewhere = producer.write([b"g"], partition=1, committed=True)
    last = producer.write([b"h"], committed=True)
    high_watermark_is(settings, last[-1] + 2)
    expected = [*committed, committed[-1] + 2, committed[-1] + 3, *last]
    member = join(settings, members)
    until(lambda: member.received == len(expected) + len(elsewhere), member)
    assert member.offsets(0) == expected
    assert member.offsets(1) == elsewhere
    assert read_all(settings) == expected
    assert [record.value for record in member.records[0]] == [b"d", b"e", b"0", b"1", b"h"]
    assert not set(aborted) & set(member.offsets(0))


def test_reading_uncommitted_records_can_be_chosen(
    settings: KafkaSettings, producer: TransactionalProducer, members: list[GroupMember]
) -> None:
    producer.write([b"a", b"b"], committed=False)
    producer.begin([b"c"])
    uncommitted = settings.model_copy(update={"isolation_level": "read_uncommitted"})
    member = join(uncommitted, members)
    until(lambda: member.received == 3, member)
    assert member.source.fetch_bounds({0}) == {0: Bounds(0, 4, 4)}
    assert member.source.compute_held_back()[0] == range(4, 4)
    assert read_all(uncommitted) == [0, 1, 3]


def test_an_open_transaction_ends_the_log_until_it_is_committed(
    settings: KafkaSettings, producer: TransactionalProducer, members: list[GroupMember]
) -> None:
    append(settings, 2)
    producer.begin([b"open", b"open"])
    append(settings, 3)
    member = join(settings, members)
    until(lambda: member.source.compute_held_back().get(0) == range(2, 7), member)
    assert member.offsets(0) == [0, 1]
    assert member.source.compute_lags()[0] == 0
    assert member.source.fetch_progress() == {0: ReadProgress(2, 0, 7), 1: ReadProgress(0, 0, 0)}
    assert member.source.fetch_bounds({0}) == {0: Bounds(0, 2, 7)}
    assert read_all(settings) == [0, 1]
    producer.commit()
    until(lambda: member.received == 7, member)
    until(lambda: member.source.compute_held_back().get(0) == range(8, 8), member)
    assert member.offsets(0) == [0, 1, 2, 3, 4, 5, 6]
    assert member.source.compute_lags()[0] == 0


def test_an_aborted_transaction_at_the_end_of_the_log_is_no_lag(
    settings: KafkaSettings, producer: TransactionalProducer, members: list[GroupMember]
) -> None:
    append(settings, 1)
    producer.write([b"x"] * 5, committed=False)
    high_watermark_is(settings, 7)
    member = join(settings, members)
    until(lambda: member.source.compute_lags().get(0) == 0 and member.received == 1, member)
    assert member.source.fetch_progress() == {0: ReadProgress(7, 0, 7), 1: ReadProgress(0, 0, 0)}
    with LogReader(settings, "test") as reader:
        tp = TopicPartition(settings.topic, 0)
        list(reader.read_to_end({tp: 1}))
        assert reader.log_end(tp) == LogEnd(7, 7)
        assert reader.position(tp) == 7


@pytest.mark.parametrize("compression", [None, "lz4"])
def test_an_aborted_transaction_is_longer_than_a_fetch(
    settings: KafkaSettings, members: list[GroupMember], compression: str | None
) -> None:
    """A fetch of one partition has a megabyte. The later ones begin within the transaction."""
    noise = random.Random(0)
    with TransactionalProducer(settings.bootstrap, settings.topic, compression) as producer:
        producer.begin([b"first"])
        for _ in range(8):
            producer.send([noise.randbytes(400_000)])
            append(settings, 1)
        producer.send([b"last"])
        producer.abort()
        committed = producer.write([noise.randbytes(400_000) for _ in range(6)], committed=True)
    high_watermark_is(settings, committed[-1] + 2)
    plain = [2 + 2 * number for number in range(8)]
    member = join(settings, members)
    until(lambda: member.received == len(plain + committed), member)
    assert member.offsets(0) == plain + committed
    for start in (1, 5, 10, 18):
        assert read_all(settings, start=start) == [one for one in plain + committed if one >= start]


def test_a_start_within_uncommitted_records_waits(
    settings: KafkaSettings, producer: TransactionalProducer, members: list[GroupMember]
) -> None:
    """A chain that was written while uncommitted records were read may end behind the last stable offset."""
    producer.begin([b"x"] * 4)
    member = join(settings, members, start=0)
    member.source.start_partition(0, 3)
    until(lambda: member.source.compute_held_back().get(0) == range(4), member)
    assert member.received == 0
    producer.commit()
    until(lambda: member.received, member)
    assert member.offsets(0) == [3]


@pytest.mark.slow
def test_transactions_are_compacted(
    kafka: Broker, new_topic: Callable[..., str], members: list[GroupMember]
) -> None:
    """The cleaner deletes records, then the markers, and may keep a marker's batch without its marker."""
    name = new_topic(
        1,
        cleanup_policy="compact",
        segment_ms="100",
        min_cleanable_dirty_ratio="0.01",
        delete_retention_ms="0",
        max_compaction_lag_ms="500",
    )
    settings = KafkaSettings(bootstrap=kafka.bootstrap, topic=name, group=name, session_timeout_ms=6_000)
    with (
        TransactionalProducer(kafka.bootstrap, name) as first,
        TransactionalProducer(kafka.bootstrap, name) as second,
    ):
        for number in range(4):
            first.begin([f"committed {number}".encode()], key=b"a")
            second.begin([f"aborted {number}".encode()], key=b"b")
            first.send([f"more {number}".encode()], key=b"c")
            first.commit()
            second.abort()
            time.sleep(0.2)  # so that the next records begin a segment
        kept = first.begin([b"kept"], key=b"d")
        first.commit()
        before = read_all(settings)
        deadline = time.monotonic() + TIMEOUT_S
        while len(after := read_all(settings)) >= len(before) or before[0] in after:
            assert time.monotonic() < deadline, (before, after)
            first.begin([b"tick"], key=b"tick")  # the active segment is never cleaned
            first.commit()
            time.sleep(1)
    member = join(settings, members)
    until(lambda: member.source.compute_lags().get(0) == 0, member)
    assert kept[0] in member.offsets(0)
    assert member.offsets(0) == read_all(settings)
    assert not [record.value for record in member.records[0] if record.value and b"aborted" in record.value]
