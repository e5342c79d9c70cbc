"""What only the publisher to Kafka does. Its other tests are in test_publisher.py."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.kafka_failures import FAILURES, Failure
from badbuzz.errors import DependencyDown, Misconfigured
from badbuzz.settings import KafkaSettings
from producer.kafka_publisher import KafkaPublisher
from tests.badbuzz.clients.kafka_error_classes import ERROR_CLASSES, make_error

if TYPE_CHECKING:
    from pathlib import Path

    from kafka.errors import KafkaError

    from benchmarks.servers.broker import Broker

from tests.producer.private_kafka import run_private_kafka

SASL = {
    "security_protocol": "SASL_PLAINTEXT",
    "properties": {
        "listener.name.client.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": (
            'org.apache.kafka.common.security.plain.PlainLoginModule required user_ada="right";'
        ),
    },
}


@pytest.mark.parametrize("kind", ERROR_CLASSES)
def test_a_failed_write_is_a_matter_of_settings_or_of_the_broker(kind: type[KafkaError]) -> None:
    publisher = object.__new__(KafkaPublisher)
    publisher._kafka = KafkaSettings(bootstrap="one:9092")
    found = publisher._explain_failure(make_error(kind))
    passes = FAILURES[kind] in (Failure.PASSING, Failure.MEMBERSHIP)
    assert isinstance(found, DependencyDown) is passes
    assert kind.__name__ in str(found)


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_wrong_credentials_are_refused(tmp_path: Path) -> None:
    with run_private_kafka(tmp_path / "kafka", **SASL) as broker:

        def connect(password: str) -> KafkaPublisher:
            settings = KafkaSettings(
                bootstrap=broker.bootstrap,
                security_protocol="SASL_PLAINTEXT",
                sasl_mechanism="PLAIN",
                sasl_username="ada",
                sasl_password=password,
            )
            return KafkaPublisher(settings, threading.Event())

        with pytest.raises(Misconfigured, match="accepts no SASL_PLAINTEXT connection"):
            connect("wrong")
        publisher = connect("right")
        publisher.send({"id": "1", "text": "accepted"})
        publisher.flush()
        assert not publisher._in_flight
        publisher.close()


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_after_a_stop_the_wait_for_an_absent_broker_is_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producer.kafka_publisher.FLUSH_AFTER_STOP_S", 0.5)
    stop = threading.Event()
    with run_private_kafka(tmp_path / "kafka") as broker:
        publisher = KafkaPublisher(KafkaSettings(bootstrap=broker.bootstrap), stop)
        publisher.send({"id": "1", "text": "arrives"})
        publisher.flush()
        broker.kill()
        for number in range(30_000):  # more than may be unacknowledged: only a stop lets them in
            if number == 15_000:
                stop.set()
            publisher.send({"id": str(number), "text": "does not arrive"})
        with pytest.raises(DependencyDown, match=r"30,000 of 30,001 tweets were not acknowledged"):
            publisher.flush()
        publisher.close()


def test_a_missing_topic_is_reported_at_the_start(kafka: Broker, topic: str) -> None:
    settings = KafkaSettings(bootstrap=kafka.bootstrap, topic=f"{topic}-missing")
    with pytest.raises(Misconfigured, match=f"topic '{topic}-missing' does not exist"):
        KafkaPublisher(settings, threading.Event(), create_topic=False)
