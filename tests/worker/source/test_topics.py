"""Descriptions of topics, and the errors for topics and brokers that are missing."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from badbuzz.clients import kafka_client
from badbuzz.errors import Misconfigured, Retry
from badbuzz.settings import KafkaSettings
from tests.worker.source.harness import KafkaHarness
from worker.source.topics import check_topic_readable, describe_topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.servers.broker import Broker

NO_BROKER = KafkaSettings(bootstrap="127.0.0.1:1")


def test_a_topic_has_a_name_an_id_and_partitions(kafka: Broker, new_topic: Callable[..., str]) -> None:
    name = new_topic(3)
    found = describe_topic(KafkaSettings(bootstrap=kafka.bootstrap), name)
    assert (found.name, found.partitions) == (name, (0, 1, 2))
    assert found.id


@pytest.mark.apache_kafka
def test_the_id_stays_the_same_until_the_topic_is_made_again(
    kafka: Broker, new_topic: Callable[..., str]
) -> None:
    with closing(KafkaHarness(kafka, new_topic(1), 1)) as harness:
        topic = harness.settings.topic
        before = describe_topic(harness.settings, topic).id
        assert before == describe_topic(harness.settings, topic).id
        harness.recreate_topic()
        assert describe_topic(harness.settings, topic).id != before


def test_the_error_for_a_missing_topic_names_it(kafka: Broker) -> None:
    settings = KafkaSettings(bootstrap=kafka.bootstrap)
    with pytest.raises(
        Misconfigured, match=r"topic 'no-such-topic' does not exist at .*BADBUZZ_KAFKA__TOPIC"
    ):
        describe_topic(settings, "no-such-topic")


def test_a_missing_topic_is_readable(kafka: Broker) -> None:
    check_topic_readable(KafkaSettings(bootstrap=kafka.bootstrap), "no-such-topic")


@pytest.mark.parametrize("ask", [describe_topic, check_topic_readable])
def test_an_absent_broker_may_be_asked_again(
    ask: Callable[[KafkaSettings, str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_client, "BOOTSTRAP_TIMEOUT_MS", 300)
    with pytest.raises(Retry, match=r"kafka: no answer from 127\.0\.0\.1:1"):
        ask(NO_BROKER, "tweets")
