"""The source on Kafka: absent brokers, transaction markers, and rewritten logs."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaProducer

from badbuzz.clients import kafka_client
from badbuzz.embedded.broker import run_broker
from badbuzz.errors import DataRefused, Retry
from badbuzz.settings import KafkaSettings
from benchmarks.servers.broker import Broker
from tests.producer.private_kafka import run_private_kafka
from tests.worker.source.group_member import GroupMember, until
from tests.worker.source.harness import EMBEDDED_SESSION_TIMEOUT_MS, KafkaHarness
from tests.worker.source.rewritten_log import lose_what_follows, make_topic, produce
from worker.source import kafka as kafka_source
from worker.source.kafka import KafkaSource
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


@dataclass
class RewrittenTopic:
    """A topic whose history was rewritten, and a member that had read the lost records."""

    settings: KafkaSettings
    reader: GroupMember
    groups: Iterator[int] = field(default_factory=itertools.count)

    def join(self) -> GroupMember:
        """Join a group of its own."""
        return join(self.settings.model_copy(update={"group": f"group-{next(self.groups)}"}))


def join(settings: KafkaSettings) -> GroupMember:
    member = GroupMember(KafkaSource(settings, "member", describe_topic(settings, settings.topic).id))
    until(lambda: 0 in member.owned, member)
    return member


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RewrittenTopic]:
    """Records 0 to 4 are as they were read; others replaced 5 to 9, and 10 and 11 are new."""
    folder = tmp_path_factory.mktemp("kafka")
    with run_private_kafka(folder) as broker:
        make_topic(broker, "tweets")
        produce(broker, "tweets", [b"kept"] * 5)
        settings = KafkaSettings(bootstrap=broker.bootstrap, topic="tweets", group="reader")
        reader = join(settings)
        reader.source.start_partition(0, 0)
        with lose_what_follows(broker, folder, "tweets"):
            produce(broker, "tweets", [b"lost"] * 5)
            until(lambda: reader.received == 10, reader)
        produce(broker, "tweets", [b"new"] * 7)
        yield RewrittenTopic(settings, reader)
        reader.source.close()


@pytest.mark.apache_kafka
def test_a_reader_of_lost_records_starts_again(rewritten: RewrittenTopic) -> None:
    reader = rewritten.reader
    until(lambda: reader.evicted, reader)
    assert reader.evicted == [0], "lost: what it holds of the partition must not be published"
    assert reader.gained == [0, 0]
    assert [record.value for record in reader.records[0]] == [b"kept"] * 5 + [b"lost"] * 5
    reader.source.start_partition(0, 5, leader_epoch=reader.records[0][4].leader_epoch)
    until(lambda: reader.received == 17, reader)
    assert [(r.offset, r.value) for r in reader.records[0][10:]] == [(5 + n, b"new") for n in range(7)]
    assert (reader.records[0][-1].leader_epoch or 0) > (reader.records[0][9].leader_epoch or 0)


@pytest.mark.apache_kafka
@pytest.mark.parametrize("chain_end", [6, 10])
def test_a_chain_with_lost_records_is_refused(rewritten: RewrittenTopic, chain_end: int) -> None:
    member = rewritten.join()
    member.source.start_partition(0, chain_end, leader_epoch=rewritten.reader.records[0][9].leader_epoch)
    with pytest.raises(
        DataRefused, match=f"chain ends at offset {chain_end}, .* log differs from offset 5 on"
    ):
        until(lambda: False, member)
    assert member.received == 0
    member.source.close()


@pytest.mark.apache_kafka
def test_a_chain_of_an_unknown_epoch_is_refused(rewritten: RewrittenTopic) -> None:
    member = rewritten.join()
    member.source.start_partition(0, 5, leader_epoch=1_000)
    with pytest.raises(DataRefused, match=r"chain ends at offset 5, .* has another history"):
        until(lambda: False, member)
    assert member.received == 0
    member.source.close()


@pytest.mark.apache_kafka
@pytest.mark.parametrize("known", [True, False])
def test_a_chain_that_ends_before_the_lost_records_continues(
    rewritten: RewrittenTopic, *, known: bool
) -> None:
    member = rewritten.join()
    epoch = rewritten.reader.records[0][4].leader_epoch
    member.source.start_partition(0, 5, leader_epoch=epoch if known else None)
    until(lambda: member.received == 7, member)
    assert member.evicted == []
    member.source.close()
