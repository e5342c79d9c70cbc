"""Batches that cannot be read, in a broker whose disk changed a byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from badbuzz.errors import DataRefused
from badbuzz.settings import KafkaSettings
from benchmarks.servers.broker import Broker
from benchmarks.servers.kafka.broker import ApacheKafka
from tests.worker.source.group_member import GroupMember, until
from tests.worker.system import System
from worker.source.fetcher import READ_ATTEMPTS, UnreadableBatchError, UnreadableBatches
from worker.source.kafka import KafkaSource
from worker.source.log_reader import LogReader
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    """A topic of three batches, of which the second has a changed byte."""
    assert kafka.is_apache
    with ApacheKafka(tmp_path) as broker:
        with KafkaAdminClient(bootstrap_servers=broker.bootstrap) as admin:
            admin.create_topics({"tweets": {"num_partitions": 1}}, wait_for_metadata=True)
        with KafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
            for value in ("before", "damaged", "after"):
                producer.send("tweets", json.dumps({"id": value, "text": "late"}).encode()).get(90)
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
        assert b"before" in next(found).value
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


@pytest.mark.apache_kafka
@pytest.mark.slow
def test_commands_name_a_corrupt_batch_and_its_remedy(
    damaged: KafkaSettings, redis_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    system = System(Broker(damaged.bootstrap, "maven"), "tweets", "tweets.dlq", redis_url, folder)
    for _ in range(2):
        done = system.run("work", "--until-drained", BADBUZZ_HEALTH__PORT="0")
        assert done.returncode == DataRefused.exit_code, done.stderr
        assert "badbuzz: tweets-0: the record batch at offset 1 " in done.stderr
        assert "restart" not in done.stderr
        assert "Traceback" not in done.stderr
    with KafkaAdminClient(bootstrap_servers=damaged.bootstrap) as admin:
        admin.delete_records({TWEETS: 1})
    verified = system.run("verify", "--no-redis")
    assert verified.returncode == DataRefused.exit_code, verified.stderr
    assert "badbuzz: tweets-0: the record batch at offset 1 " in verified.stderr
    letters = system.run(
        "dlq", "show", BADBUZZ_KAFKA__DEAD_LETTER_TOPIC="tweets", BADBUZZ_KAFKA__TOPIC="other"
    )
    assert letters.returncode == DataRefused.exit_code, letters.stderr
    assert "tweets-0: the record batch at offset 1 " in letters.stderr

    with KafkaAdminClient(bootstrap_servers=damaged.bootstrap) as admin:
        admin.delete_records({TWEETS: 2})
    done = system.run("work", "--until-drained", BADBUZZ_HEALTH__PORT="0")
    assert done.returncode == 0, done.stderr
    assert system.rows()["id"].to_pylist() == ["after"]
    report = system.verify()
    assert report["partitions"][0]["lost"] == [[0, 2]]
