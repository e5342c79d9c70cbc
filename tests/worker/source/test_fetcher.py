"""Batches that cannot be read, in a broker whose disk changed a byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from badbuzz.errors import DataRefused
from badbuzz.settings import KafkaSettings
from benchmarks.servers.kafka.broker import ApacheKafka
from tests.worker.source.group_member import GroupMember, until
from worker.source.fetcher import READ_ATTEMPTS, UnreadableBatchError, UnreadableBatches
from worker.source.kafka import KafkaSource
from worker.source.log_reader import LogReader
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.servers.broker import Broker

TWEETS = TopicPartition("tweets", 0)
COMPLAINT = (
    r"tweets-0: the record batch at offset 1 .*\. Restore tweets-0 from another replica; or delete its records .* with "
    r"kafka-delete-records\.sh"
)


def unreadable(offset: int) -> UnreadableBatchError:
    return UnreadableBatchError(TWEETS, offset, "fails its checksum", offset + 3)


def test_a_batch_is_fetched_again_before_it_is_refused() -> None:
    batches = UnreadableBatches()
    for _ in range(READ_ATTEMPTS - 1):
        batches.add(unreadable(7))
    with pytest.raises(
        DataRefused, match=r"tweets-0: the record batch at offset 7 fails.*before offset 10 with"
    ):
        batches.add(unreadable(7))


def test_only_failures_at_one_offset_are_added_up() -> None:
    """A bad network damages another batch each time."""
    batches = UnreadableBatches()
    for offset in range(20):
        batches.add(unreadable(offset))


@pytest.fixture
def damaged(kafka: Broker, tmp_path: Path) -> Iterator[KafkaSettings]:
    """A topic of three batches, of which the second has a flipped bit."""
    assert kafka.is_apache
    with ApacheKafka(tmp_path) as broker:
        with KafkaAdminClient(bootstrap_servers=broker.bootstrap) as admin:
            admin.create_topics({"tweets": {"num_partitions": 1}}, wait_for_metadata=True)
        with KafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
            for value in (b"before", b"damaged", b"after"):
                producer.send("tweets", value).get(90)
        segment = tmp_path / "records" / "tweets-0" / f"{0:020}.log"
        content = segment.read_bytes()
        with segment.open("r+b") as file:
            file.seek(content.index(b"damaged"))
            file.write(b"D")
        yield KafkaSettings(bootstrap=broker.bootstrap, session_timeout_ms=6_000)


@pytest.mark.apache_kafka
@pytest.mark.slow
def test_a_batch_that_stays_corrupt_is_reported_and_can_be_deleted(damaged: KafkaSettings) -> None:
    with LogReader(damaged, "test") as reader:
        found = reader.read_to_end({TWEETS: 0})
        assert next(found).value == b"before"
        with pytest.raises(DataRefused, match=COMPLAINT):
            next(found)

    member = GroupMember(KafkaSource(damaged, "member", describe_topic(damaged, "tweets").id))
    until(lambda: member.owned, member)
    member.source.start_partition(0, 0)
    with pytest.raises(DataRefused, match=rf"{COMPLAINT}: workers then report these offsets as a gap"):
        until(lambda: False, member)
    assert member.offsets(0) == [0]
    member.source.close()

    with KafkaAdminClient(bootstrap_servers=damaged.bootstrap) as admin:
        admin.delete_records({TWEETS: 2})
    member = GroupMember(KafkaSource(damaged, "member", describe_topic(damaged, "tweets").id))
    until(lambda: member.owned, member)
    assert member.source.fetch_bounds({0})[0].start == 2
    member.source.start_partition(0, 2)
    until(lambda: member.received, member)
    assert member.offsets(0) == [2]
    member.source.close()
