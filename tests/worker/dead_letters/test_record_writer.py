"""Writing records to Kafka: their positions, or the reasons for refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kafka.errors import KafkaTimeoutError

from badbuzz.errors import DependencyDown, Misconfigured
from badbuzz.settings import KafkaSettings
from worker.dead_letters import record_writer as record_writer_module
from worker.dead_letters.record_writer import (
    MAX_REQUEST_BYTES,
    KafkaRecordWriter,
    OutgoingRecord,
    WrittenRecord,
)
from worker.source.log_reader import LogReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.servers.broker import Broker


def test_each_record_is_at_its_returned_position(kafka: Broker, new_topic: Callable[..., str]) -> None:
    topic = new_topic(3)
    settings = KafkaSettings(bootstrap=kafka.bootstrap)
    records = [
        OutgoingRecord(topic, b"k", b"value", [("a", b"1"), ("b", b"\xff")]),
        OutgoingRecord(topic, None, b"", [("note", b"yes")], partition=2),
        OutgoingRecord(topic, b"tombstone", None, [], partition=1),
    ]
    with KafkaRecordWriter(settings, "badbuzz-test") as writer:
        placed = writer.send(records)
    with LogReader(settings, "badbuzz-test") as log:
        found = {
            WrittenRecord(record.partition, record.offset): (record.key, record.value, list(record.headers))
            for record in log.read_to_end(log.fetch_start_offsets(log.list_partitions(topic)))
        }
    expected = [(record.key, record.value, list(record.headers)) for record in records]
    assert [found[at] for at in placed if isinstance(at, WrittenRecord)] == expected


def test_a_record_that_is_too_large_is_refused_alone(kafka: Broker, new_topic: Callable[..., str]) -> None:
    topic = new_topic(1)
    values = [b"before", b"x" * (MAX_REQUEST_BYTES + 1), b"after"]
    with KafkaRecordWriter(KafkaSettings(bootstrap=kafka.bootstrap), "badbuzz-test") as writer:
        before, refused, after = writer.send([OutgoingRecord(topic, None, value, []) for value in values])
    assert (before, after) == (WrittenRecord(0, 0), WrittenRecord(0, 1))
    assert isinstance(refused, Misconfigured)
    assert "refuses a record: [Error 10] MessageSizeTooLargeError" in str(refused)


def test_an_absent_broker_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_connections(
        *_: object,
    ) -> None:  # a real producer leaves its sockets open when it cannot be made
        raise KafkaTimeoutError("no metadata")

    monkeypatch.setattr(record_writer_module, "open_reliable_producer", refuse_connections)
    with pytest.raises(DependencyDown, match=r"kafka: no answer from 127\.0\.0\.1:1"):
        KafkaRecordWriter(KafkaSettings(bootstrap="127.0.0.1:1"), "badbuzz-test")
