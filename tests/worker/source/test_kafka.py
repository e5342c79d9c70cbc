"""The source on Kafka when brokers are away, and transaction markers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaProducer

from badbuzz.clients import kafka_client
from badbuzz.embedded.broker import run_broker
from badbuzz.errors import Retry
from badbuzz.settings import KafkaSettings
from benchmarks.servers.broker import Broker
from tests.worker.source.group_member import GroupMember, until
from tests.worker.source.harness import EMBEDDED_SESSION_TIMEOUT_MS, KafkaHarness
from worker.source import kafka as kafka_source
from worker.source.kafka import KafkaSource
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from collections.abc import Callable

NO_BROKER = KafkaSettings(bootstrap="127.0.0.1:1")


@pytest.fixture
def _short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_client, "BOOTSTRAP_TIMEOUT_MS", 300)
    monkeypatch.setattr(kafka_source, "REQUEST_TIMEOUT_MS", 1_000)


@pytest.mark.usefixtures("_short_timeouts")
def test_joining_without_a_broker_may_be_retried() -> None:
    with pytest.raises(Retry, match=r"kafka: no answer from 127\.0\.0\.1:1"):
        KafkaSource(NO_BROKER, "member", str(uuid.uuid4()))


@pytest.mark.usefixtures("_short_timeouts")
def test_without_a_broker_polls_return_nothing_and_requests_may_be_retried() -> None:
    with run_broker() as broker:
        settings = KafkaSettings(
            bootstrap=broker, topic="tweets", session_timeout_ms=EMBEDDED_SESSION_TIMEOUT_MS
        )
        harness = KafkaHarness(Broker(broker, "embedded"), "tweets", 1)
        harness.append(0, b"seen")
        topic = describe_topic(settings, "tweets")
        member = GroupMember(KafkaSource(settings, "member", topic.id))
        until(lambda: 0 in member.owned, member)
        member.source.start_partition(0, 0)
        until(lambda: member.received == 1, member)
        harness.close()
    member.poll()
    with pytest.raises(Retry, match="kafka: no offsets from"):
        member.source.fetch_bounds({0})
    with pytest.raises(Retry, match="kafka: no commit at"):
        member.source.commit({0: 1})
    member.source.close()
    assert member.received == 1


@pytest.mark.apache_kafka
def test_a_transaction_marker_is_not_lag(kafka: Broker, new_topic: Callable[..., str]) -> None:
    name = new_topic(1)
    with KafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=f"transaction-{name}") as producer:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(name, b"{}", partition=0)
        producer.commit_transaction()
    settings = KafkaSettings(bootstrap=kafka.bootstrap, topic=name, group=name)
    member = GroupMember(KafkaSource(settings, "member", describe_topic(settings, name).id))
    until(lambda: member.owned == {0}, member)
    member.source.start_partition(0, 0)
    until(lambda: member.source.compute_lags() == {0: 0}, member)
    assert member.offsets(0) == [0]
    assert member.source.fetch_bounds({0})[0].end == 2
    member.source.close()
