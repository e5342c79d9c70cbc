"""Creates and fills topics, with librdkafka, which is ten times as fast as kafka-python."""

from __future__ import annotations

import uuid
from itertools import islice
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from kafka import KafkaAdminClient

from benchmarks.load.records import PARTITIONS, make_records

if TYPE_CHECKING:
    from collections.abc import Iterable

_OPTIONS: dict[str, Any] = {
    "acks": "all",
    "compression.type": "lz4",
    "queue.buffering.max.messages": 200_000,
}
_FLUSH_S = 120.0
_POLL_S = 0.5
_FETCH_AT_ONCE = 10_000


def create_topic(bootstrap: str, partitions: int = PARTITIONS) -> str:
    """Create a topic with the broker's timestamps, and its dead-letter topic. Return its name."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    wanted = {
        topic: {
            "num_partitions": number,
            "replication_factor": 1,
            "configs": {"message.timestamp.type": "LogAppendTime"},
        }
        for topic, number in ((name, partitions), (f"{name}.dlq", 1))
    }
    with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
        admin.create_topics(wanted, wait_for_metadata=True)
    return name


def delete_topic(bootstrap: str, name: str) -> None:
    """Delete the topic and its dead-letter topic, to free the disk."""
    with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
        admin.delete_topics([name, f"{name}.dlq"])


def write_tweets(bootstrap: str, topic: str, texts: Iterable[str], count: int) -> None:
    """Write ``count`` tweets to the topic. On return the broker has them."""
    sender = Sender(bootstrap, topic, linger_ms=50)
    for key, value in islice(make_records(texts), count):
        sender.send(key, value)
    sender.flush()


class Sender:
    """A producer that blocks while its queue is full."""

    def __init__(self, bootstrap: str, topic: str, linger_ms: int) -> None:
        self._topic = topic
        self._producer = Producer({**_OPTIONS, "bootstrap.servers": bootstrap, "linger.ms": linger_ms})

    def send(self, key: str, value: bytes) -> None:
        """Queue one record."""
        while True:
            try:
                self._producer.produce(self._topic, value, key)
            except BufferError:
                self._producer.poll(_POLL_S)
            else:
                return

    def flush(self) -> None:
        """Return when the broker has all records."""
        if left := self._producer.flush(_FLUSH_S):
            raise SystemExit(f"{left} records were not delivered to {self._topic}")


def read_timestamps(bootstrap: str, topic: str, partitions: int = PARTITIONS) -> list[list[int]]:
    """Return the broker's timestamp of each record, in milliseconds since 1970, by partition and offset."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench", "enable.auto.commit": False})
    try:
        places = [TopicPartition(topic, number, 0) for number in range(partitions)]
        missing = sum(consumer.get_watermark_offsets(place)[1] for place in places)
        consumer.assign(places)
        found: list[list[int]] = [[] for _ in places]
        while missing:
            for message in consumer.consume(_FETCH_AT_ONCE, _POLL_S):
                if message.error():
                    raise KafkaException(message.error())
                found[message.partition() or 0].append(message.timestamp()[1])
                missing -= 1
    finally:
        consumer.close()
    return found
