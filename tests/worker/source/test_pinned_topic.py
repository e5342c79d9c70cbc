"""Fetching by topic id: a consumer that is pinned to another id gets no record."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from badbuzz.settings import KafkaSettings
from worker.source.pinned_topic import find_topic_id, pin_topic
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from benchmarks.servers.broker import Broker


def read(broker: Broker, topic: str, topic_id: UUID) -> int:
    """Return how many records a pinned consumer gets in twenty polls."""
    with KafkaConsumer(bootstrap_servers=broker.bootstrap, enable_auto_commit=False) as consumer:
        pin_topic(consumer, topic, topic_id)
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek(TopicPartition(topic, 0), 0)
        return sum(len(found) for _ in range(20) for found in consumer.poll(100).values())


@pytest.mark.apache_kafka
def test_only_the_topic_with_this_id_is_read(kafka: Broker, topic: str) -> None:
    with KafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for _ in range(3):
            producer.send(topic, b"x", partition=0)
    settings = KafkaSettings(bootstrap=kafka.bootstrap, topic=topic)
    assert read(kafka, topic, UUID(describe_topic(settings, topic).id)) == 3
    assert read(kafka, topic, uuid4()) == 0


@pytest.mark.parametrize("stored", [None, UUID(int=0), uuid4()])
def test_an_absent_topic_has_no_id(stored: UUID | None) -> None:
    """A broker that has no such topic, or is too old for ids, gives none or zero."""
    consumer = SimpleNamespace(_cluster=SimpleNamespace(topic_id=lambda _topic: stored))
    assert find_topic_id(consumer, "tweets") == (stored if stored and stored.int else None)
