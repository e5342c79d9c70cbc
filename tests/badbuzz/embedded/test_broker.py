from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from badbuzz.embedded.broker import run_broker
from badbuzz.embedded.loopback_port import HOST
from worker.source.coordinator import patch_coordinator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kafka.consumer.fetcher import ConsumerRecord

_DEADLINE_S = 600.0


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with run_broker() as broker:
        yield broker


@pytest.fixture
def topic(broker: str) -> str:
    name = uuid.uuid4().hex
    with KafkaAdminClient(bootstrap_servers=broker) as admin:
        admin.create_topics({name: {"num_partitions": 4, "replication_factor": 1}}, wait_for_metadata=True)
    return name


def _consumer(broker: str, *topics: str, group: str | None = None) -> KafkaConsumer:
    consumer = KafkaConsumer(
        *topics,
        bootstrap_servers=broker,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=2_000,
        heartbeat_interval_ms=500,
    )
    patch_coordinator(consumer)
    return consumer


def _produce(broker: str, topic: str, batches: int, **options: object) -> None:
    """Send batches of ten records to partition 0."""
    with KafkaProducer(bootstrap_servers=broker, acks="all", enable_idempotence=True, **options) as producer:
        for _ in range(batches):
            for number in range(10):
                producer.send(
                    topic, value=str(number).encode(), partition=0, headers=[("stage", b"\x00\xff")]
                )
            producer.flush()


def _halves(first: KafkaConsumer, second: KafkaConsumer) -> bool:
    """Whether the group has settled: while it has not, one may still show what the other has already got."""
    mine, yours = first.assignment(), second.assignment()
    return len(mine) == len(yours) == 2 and not mine & yours


def _poll_until(done: Callable[[], bool], *consumers: KafkaConsumer) -> list[ConsumerRecord]:
    seen: list[ConsumerRecord] = []
    deadline = time.monotonic() + _DEADLINE_S
    while not done():
        assert time.monotonic() < deadline, (
            f"still waiting after {_DEADLINE_S} s, with {len(seen)} records seen"
        )
        for consumer in consumers:
            for records in consumer.poll(timeout_ms=100).values():
                seen.extend(records)
    return seen


def test_it_listens_on_loopback_only(broker: str) -> None:
    assert broker.startswith(f"{HOST}:")
    with KafkaAdminClient(bootstrap_servers=broker) as admin:
        assert [node["host"] for node in admin.describe_cluster()["brokers"]] == [HOST]


def test_two_run_side_by_side(broker: str, topic: str) -> None:
    with run_broker() as other, KafkaAdminClient(bootstrap_servers=other) as admin:
        assert other != broker
        assert topic not in admin.list_topics()


@pytest.mark.parametrize("codec", [None, "gzip", "lz4", "zstd"])
def test_records_are_consumed_unchanged(broker: str, topic: str, codec: str | None) -> None:
    _produce(broker, topic, 3, compression_type=codec)
    partition = TopicPartition(topic, 0)
    with _consumer(broker) as consumer:
        consumer.assign([partition])
        seen = _poll_until(lambda: consumer.position(partition) == 30, consumer)
    assert [(record.offset, record.value) for record in seen] == [
        (n, str(n % 10).encode()) for n in range(30)
    ]
    assert seen[0].headers == [("stage", b"\x00\xff")]


def test_a_second_member_shares_the_partitions_and_its_leaving_gives_them_back(
    broker: str, topic: str
) -> None:
    with _consumer(broker, topic, group=topic) as first:
        _poll_until(lambda: len(first.assignment()) == 4, first)
        with _consumer(broker, topic, group=topic) as second:
            _poll_until(lambda: _halves(first, second), first, second)
        _poll_until(lambda: len(first.assignment()) == 4, first)


def test_committed_offsets_outlive_their_consumer(broker: str, topic: str) -> None:
    partition = TopicPartition(topic, 0)
    for _ in range(2):
        with _consumer(broker, group=topic) as consumer:
            consumer.assign([partition])
            if consumer.committed(partition) is None:
                consumer.commit({partition: OffsetAndMetadata(7, "", -1)})
            assert consumer.committed(partition) == 7


def test_seek_pause_and_resume(broker: str, topic: str) -> None:
    _produce(broker, topic, 5)
    partition = TopicPartition(topic, 0)
    with _consumer(broker) as consumer:
        consumer.assign([partition])
        consumer.seek(partition, 23)
        consumer.pause(partition)
        assert not consumer.poll(timeout_ms=200)
        consumer.resume(partition)
        seen = _poll_until(lambda: consumer.position(partition) == 50, consumer)
    assert [record.offset for record in seen] == list(range(23, 50))


def test_a_fetch_reports_the_right_high_watermark(broker: str, topic: str) -> None:
    _produce(broker, topic, 5)
    partition = TopicPartition(topic, 0)
    with _consumer(broker) as consumer:
        consumer.assign([partition])
        _poll_until(lambda: consumer.position(partition) > 0, consumer)
        assert consumer.highwater(partition) == 50


def test_a_recreated_topic_has_another_id(broker: str, topic: str) -> None:
    with KafkaAdminClient(bootstrap_servers=broker) as admin:
        (before,) = admin.describe_topics([topic])
        admin.delete_topics([topic])
        admin.create_topics({topic: {"num_partitions": 4, "replication_factor": 1}}, wait_for_metadata=True)
        (after,) = admin.describe_topics([topic])
    assert before["topic_id"] != after["topic_id"]
