"""The fixtures in conftest.py work: every other test of Kafka, Redis or S3 leans on them."""

from __future__ import annotations

import time
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING

import obstore
import pytest
import redis
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from obstore.exceptions import AlreadyExistsError

from badbuzz.storage import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Bucket
    from tests.servers.choice import Broker

_RECORDS = 1_000
_DEADLINE_S = 60.0


def _produce(broker: Broker, topic: str) -> None:
    with KafkaProducer(
        bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=True, compression_type="lz4"
    ) as producer:
        for number in range(_RECORDS):
            producer.send(topic, key=str(number).encode(), value=b'{"text": "late again"}')
        producer.flush()


def _consumer(broker: Broker, *topics: str, group: str | None = None) -> KafkaConsumer:
    return KafkaConsumer(
        *topics,
        bootstrap_servers=broker.bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        heartbeat_interval_ms=300,
    )


def _poll_until(consumers: list[KafkaConsumer], done: Callable[[], bool]) -> list[tuple[int, int, bytes]]:
    """Poll all of them in turn; return (partition, offset, key) of every record."""
    seen: list[tuple[int, int, bytes]] = []
    deadline = time.monotonic() + _DEADLINE_S
    while not done():
        assert time.monotonic() < deadline, f"still waiting after {_DEADLINE_S} s with {len(seen)} records"
        for consumer in consumers:
            for records in consumer.poll(timeout_ms=100).values():
                seen.extend((record.partition, record.offset, record.key) for record in records)
    return seen


def test_every_record_produced_is_consumed_once(kafka: Broker, topic: str) -> None:
    _produce(kafka, topic)
    seen: set[bytes] = set()
    with ExitStack() as stack:
        consumer = stack.enter_context(_consumer(kafka, topic, group=uuid.uuid4().hex))
        deadline = time.monotonic() + _DEADLINE_S
        while len(seen) < _RECORDS:
            assert time.monotonic() < deadline
            for records in consumer.poll(timeout_ms=100).values():
                keys = {record.key for record in records}
                assert not keys & seen
                seen |= keys
    assert seen == {str(number).encode() for number in range(_RECORDS)}


@pytest.mark.parametrize("topic", [4], indirect=True)
def test_a_second_member_takes_half_of_the_partitions_and_gives_them_back(kafka: Broker, topic: str) -> None:
    group = uuid.uuid4().hex
    with _consumer(kafka, topic, group=group) as first:
        _poll_until([first], lambda: len(first.assignment()) == 4)
        with _consumer(kafka, topic, group=group) as second:
            _poll_until([first, second], lambda: len(first.assignment()) == len(second.assignment()) == 2)
            assert not first.assignment() & second.assignment()
        _poll_until([first], lambda: len(first.assignment()) == 4)


def test_seek_goes_back_to_the_very_offset(kafka: Broker, new_topic: Callable[..., str]) -> None:
    name = new_topic(1)
    _produce(kafka, name)
    partition = TopicPartition(name, 0)
    with _consumer(kafka) as consumer:
        consumer.assign([partition])
        consumer.seek(partition, 123)
        records: list[int] = []
        deadline = time.monotonic() + _DEADLINE_S
        while not records and time.monotonic() < deadline:
            records = [record.offset for batch in consumer.poll(timeout_ms=100).values() for record in batch]
    assert records[0] == 123


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
