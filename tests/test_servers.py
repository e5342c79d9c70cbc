"""Tests of the fixtures in conftest.py."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import obstore
import pytest
import redis
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from obstore.exceptions import AlreadyExistsError

from badbuzz.clients.storage import open_store
from worker.source.coordinator import patch_coordinator

if TYPE_CHECKING:
    from collections.abc import Callable

    from kafka.consumer.fetcher import ConsumerRecord

    from benchmarks.servers.broker import Broker
    from tests.conftest import Bucket

_RECORDS = 1_000
_DEADLINE_S = 600.0


def _produce(broker: Broker, topic: str) -> None:
    with KafkaProducer(
        bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=True, compression_type="lz4"
    ) as producer:
        for number in range(_RECORDS):
            producer.send(topic, key=str(number).encode(), value=b'{"text": "late again"}')
        producer.flush()


def _consumer(broker: Broker, *topics: str, group: str | None = None) -> KafkaConsumer:
    consumer = KafkaConsumer(
        *topics,
        bootstrap_servers=broker.bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=10_000 if broker.is_apache else 2_000,  # the embedded broker waits for half of it
        heartbeat_interval_ms=300,
    )
    patch_coordinator(consumer)
    return consumer


def _halves(first: KafkaConsumer, second: KafkaConsumer) -> bool:
    """Whether each has half. During a rebalance, one may still show partitions that the other already has."""
    mine, yours = first.assignment(), second.assignment()
    return len(mine) == len(yours) == 2 and not mine & yours


def _poll_until(done: Callable[[], bool], *consumers: KafkaConsumer, seen: list[ConsumerRecord]) -> None:
    """Poll the consumers in turn, adding to ``seen``."""
    deadline = time.monotonic() + _DEADLINE_S
    while not done():
        assert time.monotonic() < deadline, (
            f"still waiting after {_DEADLINE_S} s, with {len(seen)} records seen"
        )
        for consumer in consumers:
            for records in consumer.poll(timeout_ms=100).values():
                seen.extend(records)


def test_every_record_produced_is_consumed_once(kafka: Broker, topic: str) -> None:
    _produce(kafka, topic)
    seen: list[ConsumerRecord] = []
    with _consumer(kafka, topic, group=uuid.uuid4().hex) as consumer:
        _poll_until(lambda: len(seen) >= _RECORDS, consumer, seen=seen)
    assert sorted(int(record.key) for record in seen) == list(range(_RECORDS))


@pytest.mark.parametrize("topic", [4], indirect=True)
def test_a_second_member_takes_half_of_the_partitions_and_gives_them_back(kafka: Broker, topic: str) -> None:
    group = uuid.uuid4().hex
    with _consumer(kafka, topic, group=group) as first:
        _poll_until(lambda: len(first.assignment()) == 4, first, seen=[])
        with _consumer(kafka, topic, group=group) as second:
            _poll_until(lambda: _halves(first, second), first, second, seen=[])
        _poll_until(lambda: len(first.assignment()) == 4, first, seen=[])


def test_seek_returns_to_the_offset(kafka: Broker, new_topic: Callable[..., str]) -> None:
    name = new_topic(1)
    _produce(kafka, name)
    partition = TopicPartition(name, 0)
    seen: list[ConsumerRecord] = []
    with _consumer(kafka) as consumer:
        consumer.assign([partition])
        consumer.seek(partition, 123)
        _poll_until(lambda: bool(seen), consumer, seen=seen)
    assert seen[0].offset == 123


def test_topics_have_the_partitions_asked_for(kafka: Broker, new_topic: Callable[..., str]) -> None:
    name = new_topic(12)
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        (described,) = admin.describe_topics([name])
    assert len(described["partitions"]) == 12


@pytest.mark.apache_kafka
def test_topic_settings_take_effect(kafka: Broker, new_topic: Callable[..., str]) -> None:
    name = new_topic(1, message_timestamp_type="LogAppendTime")
    with KafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        sent = producer.send(name, value=b"{}", timestamp_ms=1_000).get(timeout=_DEADLINE_S)
    assert sent.timestamp > 1_000


def test_redis_loads_and_calls_a_function(redis_url: str) -> None:
    function = "function_name='twice', callback=function(k, a) return a[1] * 2 end, flags={'no-writes'}"
    library = f"#!lua name=t\nredis.register_function{{{function}}}"
    with redis.Redis.from_url(redis_url) as client:
        client.function_load(library)
        assert client.fcall_ro("twice", 0, "21") == 42


@pytest.mark.parametrize("_time", [1, 2])
def test_redis_is_empty_for_each_test(redis_url: str, _time: int) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        assert client.function_list() == []
        client.set("left", "behind")


def test_s3_creates_an_object_only_once(s3: Bucket) -> None:
    store = open_store(f"{s3.url}/scored")
    obstore.put(store, "file", b"first", mode="create")
    with pytest.raises(AlreadyExistsError):
        obstore.put(store, "file", b"second", mode="create")
    assert bytes(obstore.get(store, "file").bytes()) == b"first"
