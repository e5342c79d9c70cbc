from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaAdminClient

from badbuzz.errors import DependencyDown, Misconfigured
from badbuzz.settings import KafkaSettings
from producer.topic import PARTITIONS, ensure_topic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.servers.broker import Broker


@pytest.fixture
def missing(kafka: Broker, topic: str) -> Iterator[KafkaSettings]:
    """Settings with a topic that does not exist."""
    settings = KafkaSettings(bootstrap=kafka.bootstrap, topic=f"{topic}-missing")
    yield settings
    with closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap)) as admin:
        admin.delete_topics([settings.topic], raise_errors=False)


def count_partitions(kafka: KafkaSettings) -> int:
    with closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap)) as admin:
        [found] = admin.describe_topics([kafka.topic])
        return len(found["partitions"])


def test_a_missing_topic_is_created(missing: KafkaSettings) -> None:
    ensure_topic(missing, create=True)
    assert count_partitions(missing) == PARTITIONS == 12
    ensure_topic(missing, create=True)
    ensure_topic(missing, create=False)


def test_an_existing_topic_is_not_changed(kafka: Broker, topic: str) -> None:
    settings = KafkaSettings(bootstrap=kafka.bootstrap, topic=topic)
    before = count_partitions(settings)
    ensure_topic(settings, create=True)
    assert count_partitions(settings) == before != PARTITIONS


def test_a_missing_topic_is_refused_without_create(missing: KafkaSettings) -> None:
    with pytest.raises(Misconfigured, match=r"does not exist at .*; omit --no-create-topic"):
        ensure_topic(missing, create=False)


def test_an_absent_broker_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("badbuzz.clients.kafka_client.BOOTSTRAP_TIMEOUT_MS", 300)
    with pytest.raises(DependencyDown, match=r"no answer from 127\.0\.0\.1:1"):
        ensure_topic(KafkaSettings(bootstrap="127.0.0.1:1"), create=True)
