"""Partitions that are read from any offset to the end of their logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.clients import kafka_client
from badbuzz.errors import Retry
from badbuzz.settings import KafkaSettings
from tests.worker.source.harness import KafkaHarness
from worker.source import log_reader
from worker.source.fetcher import LogEnd
from worker.source.log_reader import LogReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.servers.broker import Broker

PARTITIONS = 2


@pytest.fixture
def topic(kafka: Broker, new_topic: Callable[..., str]) -> Iterator[KafkaHarness]:
    """A topic with five records in partition 0 and three in partition 1."""
    harness = KafkaHarness(kafka, new_topic(PARTITIONS), PARTITIONS)
    harness.fill(0, 5)
    harness.fill(1, 3)
    yield harness
    harness.close()


@pytest.fixture
def reader(topic: KafkaHarness) -> Iterator[LogReader]:
    with LogReader(topic.settings, "test") as reader:
        yield reader


def test_all_partitions_are_read_to_their_ends(reader: LogReader, topic: KafkaHarness) -> None:
    starts = reader.fetch_start_offsets(reader.list_partitions(topic.settings.topic))
    assert list(starts.values()) == [0, 0]
    found = sorted((record.partition, record.offset) for record in reader.read_to_end(starts))
    assert found == [(0, offset) for offset in range(5)] + [(1, offset) for offset in range(3)]
    for partition in starts:
        assert reader.is_at_end(partition)
        assert reader.log_end(partition) == LogEnd(reader.position(partition), reader.position(partition))


def test_a_partition_is_read_from_any_offset(reader: LogReader, topic: KafkaHarness) -> None:
    first, _ = reader.list_partitions(topic.settings.topic)
    assert [record.offset for record in reader.read_to_end({first: 3})] == [3, 4]


def test_a_paused_partition_is_not_read(reader: LogReader, topic: KafkaHarness) -> None:
    first, second = reader.list_partitions(topic.settings.topic)
    reader.seek({first: 0, second: 0})
    reader.pause(first)
    found = [
        record.partition
        for records in reader.poll_until(lambda: reader.is_at_end(second))
        for batch in records.values()
        for record in batch
    ]
    assert found == [1, 1, 1]
    assert not reader.is_at_end(first)


def test_a_missing_topic_has_no_partitions(reader: LogReader) -> None:
    assert reader.list_partitions("no-such-topic") == []


@pytest.mark.apache_kafka
def test_reading_starts_at_the_logs_start_if_the_offset_is_out_of_range(
    reader: LogReader, topic: KafkaHarness
) -> None:
    _, second = reader.list_partitions(topic.settings.topic)
    assert [record.offset for record in reader.read_to_end({second: 99})] == [0, 1, 2]


def test_a_log_that_does_not_reach_its_end_may_be_read_again(
    reader: LogReader, topic: KafkaHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reader, "SILENCE_S", 0.5)
    first, _ = reader.list_partitions(topic.settings.topic)
    reader.seek({first: 5})
    with pytest.raises(Retry, match="kafka: no records from"):
        list(reader.poll_until(lambda: False))


def test_an_absent_broker_may_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_client, "BOOTSTRAP_TIMEOUT_MS", 300)
    with pytest.raises(Retry, match=r"kafka: no answer from 127\.0\.0\.1:1"):
        LogReader(KafkaSettings(bootstrap="127.0.0.1:1"), "test")
