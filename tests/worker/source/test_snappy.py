from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st
from kafka import KafkaProducer, TopicPartition

from badbuzz.settings import KafkaSettings
from tests.worker.source.group_member import GroupMember, until
from worker.source.kafka import KafkaSource
from worker.source.log_reader import LogReader
from worker.source.snappy import XERIAL_MAGIC, compress, decode_snappy
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.servers.broker import Broker

VERSIONS = b"\0\0\0\1\0\0\0\1"
VALUES = [json.dumps({"id": str(number), "text": "late again " * number}).encode() for number in range(200)]


def frame(*blocks: bytes) -> bytes:
    return XERIAL_MAGIC + VERSIONS + b"".join(len(block).to_bytes(4, "big") + block for block in blocks)


@given(st.lists(st.binary(max_size=300) | st.integers(0, 90_000).map(lambda size: b"ab" * size), max_size=4))
def test_framed_blocks_are_joined(parts: list[bytes]) -> None:
    assert decode_snappy(frame(*(compress(part) for part in parts))) == b"".join(parts)


@given(st.binary(max_size=3_000))
def test_one_block_without_a_frame_is_read(data: bytes) -> None:
    assert decode_snappy(compress(data)) == data


@given(st.binary(max_size=200), st.booleans())
def test_random_bytes_are_refused_or_read(data: bytes, framed: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    try:
        found = decode_snappy(frame(data) if framed else data)
    except ValueError:
        return
    assert len(found) <= 22 * len(data)


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"", "without a size"),
        (b"\xff\xff\xff\xff\xff", "without a size"),
        (b"\xff\xff\xff\xff\x0f" + b"x" * 20, "25 bytes of snappy data cannot become 4294967295"),
        (compress(b"abc")[:-1], "corrupt snappy data"),
        (frame(compress(b"abc"))[:-1], "a block of snappy data is cut off"),
        (frame(compress(b"abc")) + b"\0", "a block of snappy data is cut off"),
        (frame(b""), "a block of snappy data is cut off"),
        (frame() + b"\xff\xff\xff\xff", "a block of snappy data is cut off"),
    ],
)
def test_corrupt_data_is_refused(payload: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        decode_snappy(payload)


def read_by_both(settings: KafkaSettings, count: int) -> None:
    with LogReader(settings, "test") as reader:
        found = reader.read_to_end({TopicPartition(settings.topic, 0): 0})
        assert [record.value for record in found] == VALUES[:count]
    member = GroupMember(KafkaSource(settings, "member", describe_topic(settings, settings.topic).id))
    until(lambda: member.owned, member)
    member.source.start_partition(0, 0)
    until(lambda: member.received == count, member)
    assert [record.value for record in member.records[0]] == VALUES[:count]
    member.source.close()


@pytest.mark.apache_kafka
def test_what_java_compresses_is_read(kafka: Broker, new_topic: Callable[..., str]) -> None:
    """The broker compresses the batches of such a topic itself, with the code of Java's producers."""
    topic = new_topic(1, compression_type="snappy")
    with KafkaProducer(bootstrap_servers=kafka.bootstrap, linger_ms=50) as producer:
        for value in VALUES:
            producer.send(topic, value)
    read_by_both(KafkaSettings(bootstrap=kafka.bootstrap, topic=topic, group=topic), len(VALUES))


@pytest.mark.apache_kafka
def test_what_librdkafka_compresses_is_read(kafka: Broker, new_topic: Callable[..., str]) -> None:
    topic = new_topic(1)
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "compression.type": "snappy", "linger.ms": 50})
    for value in VALUES:
        producer.produce(topic, value)
    assert not producer.flush(90)
    read_by_both(KafkaSettings(bootstrap=kafka.bootstrap, topic=topic, group=topic), len(VALUES))
