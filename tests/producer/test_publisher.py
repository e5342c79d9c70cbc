"""One suite for both publishers, so that the publisher in memory behaves like the publisher to Kafka."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaConsumer

from badbuzz.contracts.tweet import Tweet, decode_tweet
from badbuzz.errors import BadRecord
from badbuzz.settings import KafkaSettings
from producer.kafka_publisher import KafkaPublisher
from producer.publisher import MAX_RECORD_BYTES, MemoryPublisher, Publisher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sized

    from benchmarks.servers.broker import Broker


def tweet(number: int) -> Tweet:
    return {"id": f"t{number}", "text": f"still no bag, day {number} 😡", "label": 0, "author": None}


@dataclass
class PublisherCase:
    publisher: Publisher
    received: Callable[[int], list[tuple[bytes, bytes]]]
    unacknowledged: Sized


def consume(bootstrap: str, topic: str, count: int) -> list[tuple[bytes, bytes]]:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=20_000
    )
    try:
        return [(message.key, message.value) for _, message in zip(range(count), consumer, strict=False)]
    finally:
        consumer.close()


@pytest.fixture(params=["memory", "kafka"])
def case(request: pytest.FixtureRequest) -> Iterator[PublisherCase]:
    if request.param == "memory":
        memory = MemoryPublisher()
        yield PublisherCase(memory, lambda _count: memory.records, ())
        return
    broker: Broker = request.getfixturevalue("kafka")
    topic: str = request.getfixturevalue("topic")
    settings = KafkaSettings(bootstrap=broker.bootstrap, topic=topic)
    publisher = KafkaPublisher(settings, threading.Event())
    yield PublisherCase(
        publisher, lambda count: consume(broker.bootstrap, topic, count), publisher._in_flight
    )
    publisher.close()


def test_every_tweet_arrives_once_with_its_id_as_key(case: PublisherCase) -> None:
    for number in range(1_200):
        case.publisher.send(tweet(number))
    case.publisher.flush()
    assert not case.unacknowledged
    received = case.received(1_200)
    assert sorted(key.decode() for key, _ in received) == sorted(f"t{number}" for number in range(1_200))
    assert all(decode_tweet(value)["id"] == key.decode() for key, value in received)


def test_tweets_arrive_unchanged(case: PublisherCase) -> None:
    case.publisher.send(tweet(7))
    case.publisher.flush()
    [(_, value)] = case.received(1)
    assert decode_tweet(value) == {"id": "t7", "text": "still no bag, day 7 😡", "label": 0}


def test_a_tweet_that_is_too_large_does_not_affect_others(case: PublisherCase) -> None:
    with pytest.raises(BadRecord, match="at most 1000000 can be sent"):
        case.publisher.send({"id": "big", "text": "x" * MAX_RECORD_BYTES})
    case.publisher.send(tweet(1))
    case.publisher.flush()
    assert not case.unacknowledged
    assert [key for key, _ in case.received(1)] == [b"t1"]


def test_flushing_without_tweets_does_nothing(case: PublisherCase) -> None:
    case.publisher.flush()
    assert not case.unacknowledged
