"""Writes the records of a replay or a discard: records back to their topic, markers to the dead-letter topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from kafka.errors import KafkaError

from badbuzz.clients.kafka_client import explain_absence, explain_refused_write
from badbuzz.errors import DependencyDown
from worker.dead_letters.reliable_producer import abandon_producer, open_reliable_producer, wait_until_written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kafka.producer.future import FutureRecordMetadata

    from badbuzz.errors import GiveUp
    from badbuzz.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record to write. If ``partition`` is None, the key determines it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """The position at which a record was written."""

    partition: int
    offset: int


class RecordWriter(Protocol):
    """Writes records."""

    def send(self, records: Sequence[OutgoingRecord]) -> list[WrittenRecord | GiveUp]:
        """Write the records and wait until every replica has them. Return for each its position, or why it was refused."""


class KafkaRecordWriter:
    """The Kafka :class:`RecordWriter`: an idempotent producer, whose retries write nothing twice.

    :raises DependencyDown: if no broker answers.
    :raises Misconfigured: if the broker refuses access.
    """

    def __init__(self, kafka: KafkaSettings, client_id: str) -> None:
        self._kafka = kafka
        try:
            self._producer = open_reliable_producer(kafka, client_id)
        except KafkaError as error:
            raise explain_absence(kafka, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        abandon_producer(self._producer)

    def send(self, records: Sequence[OutgoingRecord]) -> list[WrittenRecord | GiveUp]:
        """Write the records; within a partition, their order is kept."""
        sent = [self._start(record) for record in records]
        return [self._wait(record, future) for record, future in zip(records, sent, strict=True)]

    def _start(self, record: OutgoingRecord) -> FutureRecordMetadata | KafkaError:
        try:
            return self._producer.send(
                record.topic,
                key=record.key,
                value=record.value,
                headers=list(record.headers),
                partition=record.partition,
            )
        except KafkaError as error:
            return error

    def _wait(
        self, record: OutgoingRecord, future: FutureRecordMetadata | KafkaError
    ) -> WrittenRecord | GiveUp:
        if isinstance(future, KafkaError):
            return self._explain(record.topic, future)
        try:
            done = wait_until_written(future)
        except KafkaError as error:
            return self._explain(record.topic, error)
        return WrittenRecord(done.partition, done.offset)

    def _explain(self, topic: str, error: KafkaError) -> GiveUp:
        return explain_refused_write(topic, error) or DependencyDown(
            f"kafka at {self._kafka.bootstrap}: {topic!r} takes no records: {error!r}"
        )
