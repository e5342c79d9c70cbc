"""Reading watermarks, dead letters and ids from the tests' broker."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaProducer

from badbuzz.contracts.tweet import encode_tweet
from badbuzz.errors import Retry
from badbuzz.settings import KafkaSettings
from tests.producer.private_kafka import run_private_kafka
from tests.worker.source.rewritten_log import lose_what_follows, make_topic, produce
from worker.dead_letters.handled_marker import HandledMarker, build_marker_headers
from worker.dead_letters.stored_dead_letter import RecordPosition
from worker.verify.kafka_check import TOMBSTONE
from worker.verify.topic_reader import Backlog, TopicReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.servers.broker import Broker


@pytest.fixture
def settings(kafka: Broker, topic: str, new_topic: Callable[..., str]) -> KafkaSettings:
    return KafkaSettings(bootstrap=kafka.bootstrap, topic=topic, dead_letter_topic=new_topic(1))


@pytest.fixture
def reader(settings: KafkaSettings) -> Iterator[TopicReader]:
    with TopicReader(settings) as reader:
        yield reader


@pytest.fixture
def producer(kafka: Broker) -> Iterator[KafkaProducer]:
    with KafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all") as producer:
        yield producer


def letter(topic: str, partition: object, offset: object) -> list[tuple[str, bytes]]:
    headers_by_name = {"topic": topic, "partition": str(partition), "offset": str(offset), "stage": "decode"}
    return [(f"__connect.errors.{name}", value.encode()) for name, value in headers_by_name.items()]


def test_backlogs(settings: KafkaSettings, reader: TopicReader, producer: KafkaProducer) -> None:
    for partition, count in ((0, 5), (1, 3)):
        for _ in range(count):
            producer.send(settings.topic, b"{}", partition=partition)
    producer.flush()
    assert reader.find_backlogs({0: 2, 1: 3, 2: 0}) == {
        0: Backlog(0, 5, 5, waiting=True),
        1: Backlog(0, 3, 3, waiting=False),
        2: Backlog(0, 0, 0, waiting=False),
    }


@pytest.mark.apache_kafka
def test_a_chain_that_goes_beyond_the_topic(
    settings: KafkaSettings, reader: TopicReader, producer: KafkaProducer
) -> None:
    producer.send(settings.topic, b"{}", partition=0)
    producer.flush()
    assert reader.find_backlogs({0: 9, 1: 4})[0].high_watermark == 1
    assert reader.find_backlogs({0: 9, 1: 4})[1].high_watermark == 0


@pytest.mark.apache_kafka
def test_transaction_markers_do_not_count_as_waiting(
    kafka: Broker, settings: KafkaSettings, reader: TopicReader
) -> None:
    with KafkaProducer(
        bootstrap_servers=kafka.bootstrap, acks="all", transactional_id=settings.topic
    ) as producer:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(settings.topic, b"{}", partition=0)
        producer.commit_transaction()
    deadline = time.monotonic() + 90
    while (
        reader.find_backlogs({0: 0})[0].high_watermark < 2
    ):  # the marker comes a moment after the commit's answer
        assert time.monotonic() < deadline
    assert reader.find_backlogs({0: 0})[0] == Backlog(0, 2, 2, waiting=True)
    assert reader.find_backlogs({0: 1})[0] == Backlog(0, 2, 2, waiting=False)


def test_dead_letters(settings: KafkaSettings, reader: TopicReader, producer: KafkaProducer) -> None:
    for headers in (
        letter(settings.topic, 1, 7),
        letter(settings.topic, 1, 7),
        letter(settings.topic, 2, 9_000_000_000),
        letter("another", 1, 8),
        letter(settings.topic, "one", 8),
        [("__connect.errors.topic", settings.topic.encode())],
        [],
    ):
        producer.send(settings.dead_letter_topic, b"not a tweet", headers=headers)
    producer.flush()
    found = reader.read_dead_letters()
    assert found.named == {1: {7}, 2: {9_000_000_000}}
    assert not found.expired


def test_a_marker_names_no_offset(
    settings: KafkaSettings, reader: TopicReader, producer: KafkaProducer
) -> None:
    """Only letters name rejected offsets; handling a letter changes nothing."""
    handled = HandledMarker(RecordPosition(settings.topic, 1, 7), "discarded")
    other = HandledMarker(
        RecordPosition(settings.topic, 1, 8), "replayed", RecordPosition(settings.topic, 2, 9)
    )
    producer.send(settings.dead_letter_topic, b"not a tweet", headers=letter(settings.topic, 1, 7))
    for one in (handled, other):
        producer.send(settings.dead_letter_topic, b"", headers=build_marker_headers(one))
    producer.flush()
    assert reader.read_dead_letters().named == {1: {7}}


def test_a_missing_dead_letter_topic(settings: KafkaSettings) -> None:
    nowhere = settings.model_copy(update={"dead_letter_topic": f"{settings.topic}.dlq"})
    with TopicReader(nowhere) as reader:
        assert reader.read_dead_letters().named == {}


def test_ids(settings: KafkaSettings, reader: TopicReader, producer: KafkaProducer) -> None:
    values = [
        encode_tweet({"id": "a", "text": "delayed"}),
        b"not json",
        None,
        encode_tweet({"id": "b", "text": ""}),
    ]
    for value in values:
        producer.send(settings.topic, value, partition=1, key=b"k")
    producer.flush()
    assert reader.read_ids(1, 0, 4) == {0: "a", 1: None, 2: TOMBSTONE, 3: "b"}
    assert reader.read_ids(1, 1, 3) == {1: None, 2: TOMBSTONE}


@pytest.mark.apache_kafka
@pytest.mark.parametrize(
    ("policy", "is_compacted"), [("compact", True), ("compact,delete", True), ("delete", False)]
)
def test_a_compacted_topic(
    kafka: Broker, new_topic: Callable[..., str], policy: str, *, is_compacted: bool
) -> None:
    name = new_topic(1, cleanup_policy=policy)
    for topics, method in (
        ({"topic": name}, TopicReader.is_compacted),
        ({"dead_letter_topic": name}, TopicReader.are_dead_letters_compacted),
    ):
        with TopicReader(KafkaSettings(bootstrap=kafka.bootstrap, **topics)) as reader:
            assert method(reader) == is_compacted


def test_a_topic_without_configuration_is_not_compacted(settings: KafkaSettings) -> None:
    with TopicReader(settings.model_copy(update={"topic": "no-such-topic"})) as reader:
        assert not reader.is_compacted()


def test_an_absent_broker() -> None:
    with pytest.raises(Retry, match=r"kafka: no answer from 127\.0\.0\.1:1"):
        TopicReader(KafkaSettings(bootstrap="127.0.0.1:1"))


def test_replaced_records_are_found_where_they_begin(tmp_path: Path) -> None:
    with run_private_kafka(tmp_path) as broker:
        make_topic(broker, "tweets", partitions=3)
        for partition in range(3):
            produce(broker, "tweets", [b"{}"] * 5, partition)
        with lose_what_follows(broker, tmp_path, "tweets"):
            produce(broker, "tweets", [b"{}"] * 5)
        produce(broker, "tweets", [b"{}"] * 7)
        settings = KafkaSettings(bootstrap=broker.bootstrap, topic="tweets")
        with TopicReader(settings) as reader:
            found = reader.find_backlogs({0: 10, 1: 5, 2: 3}, {0: 0, 1: 0, 2: 1_000})
            assert {n: (b.common_end, b.waiting) for n, b in found.items()} == {
                0: (5, True),
                1: (None, False),
                2: (0, True),
            }
            assert reader.find_backlogs({0: 5}, {0: 0})[0].common_end is None
            assert reader.find_backlogs({0: 10})[0].common_end is None, "the epoch is unknown"
