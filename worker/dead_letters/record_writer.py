"""Writes records to Kafka so that none is lost or written twice: dead letters, their markers, and replayed records."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from badbuzz.clients.kafka_client import build_client_options, explain_absence, kafka_errors
from badbuzz.clients.kafka_failures import explain_refused_write
from badbuzz.errors import DependencyDown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kafka.producer.future import FutureRecordMetadata

    from badbuzz.errors import GiveUp
    from badbuzz.settings import KafkaSettings

SEND_TIMEOUT_S = 15
MAX_REQUEST_BYTES = 10 * 1024 * 1024
"""The largest record that is sent, and the largest that the created topic accepts: a letter is its record plus headers."""


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
        with kafka_errors(kafka, explain_absence):
            self._producer = open_reliable_producer(kafka, client_id)

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
        try:
            if isinstance(future, KafkaError):
                raise future
            done = wait_until_written(future)
        except KafkaError as error:
            return explain_refused_write(self._kafka, record.topic, error) or DependencyDown(
                f"kafka at {self._kafka.bootstrap}: {record.topic!r} takes no records: {error!r}"
            )
        return WrittenRecord(done.partition, done.offset)


def open_reliable_producer(kafka: KafkaSettings, client_id: str) -> KafkaProducer:
    """Open a producer whose retries write nothing twice, and which waits for every replica."""
    return KafkaProducer(
        **build_client_options(kafka, client_id),
        acks="all",
        enable_idempotence=True,
        compression_type=kafka.codec,
        linger_ms=5,
        max_block_ms=SEND_TIMEOUT_S * 1000,
        max_request_size=MAX_REQUEST_BYTES,
    )


def wait_until_written(future: FutureRecordMetadata) -> Any:  # noqa: ANN401 - kafka-python has no types
    """Wait until every replica has the record. Return its metadata, or raise the ``KafkaError``."""
    return future.get(timeout=SEND_TIMEOUT_S)


def abandon_producer(producer: KafkaProducer) -> None:
    """Close a producer without waiting for records in flight; these may not arrive.

    ``close`` alone waits for them. If that takes too long, it raises and leaves the producer running.
    """
    producer._sender.force_close()  # noqa: SLF001 - kafka-python has no public method for this
    with suppress(KafkaTimeoutError):  # it closes a little later
        producer.close(timeout=1)
