"""Dead letters on Kafka."""

from __future__ import annotations

import random
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from badbuzz.clients import kafka_client
from badbuzz.clients.kafka_failures import FAILURES, Failure
from badbuzz.errors import BadRecord, GiveUp, Retry
from badbuzz.settings import KafkaSettings
from tests.badbuzz.clients.kafka_error_classes import ERROR_CLASSES, make_error
from worker.dead_letters import record_writer
from worker.dead_letters.kafka_sink import KafkaDeadLetters
from worker.dead_letters.port import DeadLetter
from worker.source.memory import MemoryRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from kafka.errors import KafkaError

    from benchmarks.servers.broker import Broker


def letter(value: bytes | None = b"{no json", *, key: bytes | None = b"k") -> DeadLetter:
    return DeadLetter(MemoryRecord(3, 7, 1_700_000_000_000, key, value), BadRecord("decode", "bad"))


def test_a_sink_without_letters_does_not_connect() -> None:
    sink = KafkaDeadLetters(KafkaSettings(bootstrap="127.0.0.1:1"), "badbuzz-test")
    sink.close()


def test_a_record_without_key_and_value_is_sent(kafka: Broker, new_topic: Callable[..., str]) -> None:
    """Other clients send such records. kafka-python can only forward them with an empty key."""
    sink = KafkaDeadLetters(
        KafkaSettings(bootstrap=kafka.bootstrap, dead_letter_topic=new_topic(1)), "badbuzz-test"
    )
    sink.send([letter(None, key=None)])
    sink.close()


@pytest.mark.apache_kafka
def test_a_missing_topic_is_created_for_large_letters(kafka: Broker) -> None:
    settings = KafkaSettings(bootstrap=kafka.bootstrap, dead_letter_topic=f"test-{uuid.uuid4().hex}")
    sink = KafkaDeadLetters(settings, "badbuzz-test")
    sink.send([letter(b"x" * 2_000_000)])
    sink.close()
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        assert settings.dead_letter_topic in admin.list_topics()
        admin.delete_topics([settings.dead_letter_topic])


def test_an_absent_broker_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_client, "BOOTSTRAP_TIMEOUT_MS", 300)
    monkeypatch.setattr(record_writer, "SEND_TIMEOUT_S", 1)
    sink = KafkaDeadLetters(KafkaSettings(bootstrap="127.0.0.1:1"), "badbuzz-test")
    for _ in range(2):
        with pytest.raises(Retry, match="kafka: "):
            sink.send([letter()])
    sink.close()


@pytest.mark.parametrize("kind", ERROR_CLASSES)
def test_a_letter_is_retried_only_if_the_error_may_pass(
    kind: type[KafkaError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_sink: KafkaDeadLetters) -> None:
        raise make_error(kind)

    monkeypatch.setattr(KafkaDeadLetters, "_connect", fail)
    sink = KafkaDeadLetters(KafkaSettings(bootstrap="one:9092"), "badbuzz-test")
    passes = FAILURES[kind] in (Failure.PASSING, Failure.MEMBERSHIP)
    with pytest.raises(Retry if passes else GiveUp, match=kind.__name__):
        sink.send([letter()])


@pytest.mark.apache_kafka
def test_a_letter_that_the_topic_never_takes_ends_the_worker(
    kafka: Broker, new_topic: Callable[..., str]
) -> None:
    """Retried, it would stop its partition for ever, behind a healthy worker."""
    for configs, remedy in (
        ({"max_message_bytes": "300"}, "raise the topic's max.message.bytes"),
        ({"cleanup_policy": "compact"}, "check the topic's cleanup.policy"),
    ):
        settings = KafkaSettings(bootstrap=kafka.bootstrap, dead_letter_topic=new_topic(1, **configs))
        sink = KafkaDeadLetters(settings, "badbuzz-test")
        with pytest.raises(GiveUp, match=f"refuses .*; {remedy}"):
            sink.send([letter(random.Random(0).randbytes(1_000), key=None)])
        sink.close()


@pytest.mark.apache_kafka
@pytest.mark.parametrize("ahead_s", [2 * 3_600, -2 * 3_600])
def test_letters_of_a_machine_whose_clock_is_wrong_arrive(
    kafka: Broker, new_topic: Callable[..., str], monkeypatch: pytest.MonkeyPatch, ahead_s: int
) -> None:
    """Kafka refuses timestamps an hour ahead of its clock. This topic also refuses those an hour behind it."""
    topic = new_topic(1, message_timestamp_before_max_ms="3600000", message_timestamp_after_max_ms="3600000")
    set_producers_clock_ahead(monkeypatch, ahead_s)
    sink = KafkaDeadLetters(KafkaSettings(bootstrap=kafka.bootstrap, dead_letter_topic=topic), "badbuzz-test")
    sink.send([letter()])
    sink.send([letter(), letter()])
    sink.close()
    assert read_timestamps(kafka.bootstrap, topic) == [-1, -1, -1]


@pytest.mark.apache_kafka
def test_a_created_topic_has_the_brokers_time(kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = KafkaSettings(bootstrap=kafka.bootstrap, dead_letter_topic=f"test-{uuid.uuid4().hex}")
    set_producers_clock_ahead(monkeypatch, 7_200)
    sink = KafkaDeadLetters(settings, "badbuzz-test")
    before_ms = time.time() * 1000
    sink.send([letter()])
    sink.close()
    (found,) = read_timestamps(kafka.bootstrap, settings.dead_letter_topic)
    assert abs(found - before_ms) < 3_600_000
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        admin.delete_topics([settings.dead_letter_topic])


def set_producers_clock_ahead(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    send = KafkaProducer.send

    def send_ahead(producer: Any, topic: str, *, timestamp_ms: int | None, **record: Any) -> Any:
        wrong_ms = int((time.time() + seconds) * 1000)
        return send(
            producer, topic, timestamp_ms=wrong_ms if timestamp_ms is None else timestamp_ms, **record
        )

    monkeypatch.setattr(KafkaProducer, "send", send_ahead)


def read_timestamps(bootstrap: str, topic: str) -> list[int]:
    tp = TopicPartition(topic, 0)
    with KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([tp])
        end = consumer.end_offsets([tp])[tp]
        found: list[int] = []
        while len(found) < end:
            found += [record.timestamp for record in consumer.poll(1_000).get(tp, [])]
    return found
