"""What handling letters writes: records back to their topic, notes to the dead-letter topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from kafka.errors import KafkaError, MessageSizeTooLargeError

from badbuzz.clients.kafka_client import REFUSALS, explain_absence
from badbuzz.errors import DependencyDown, Misconfigured
from worker.dead_letters.kafka_sink import SEND_TIMEOUT_S, abandon_producer, open_reliable_producer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kafka.producer.future import FutureRecordMetadata

    from badbuzz.errors import GiveUp
    from badbuzz.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record to write. ``partition`` None leaves it to the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """Where a record stands now."""

    partition: int
    offset: int


class RecordWriter(Protocol):
    """Writes records."""

    def send(self, records: Sequence[OutgoingRecord]) -> list[WrittenRecord | GiveUp]:
        """Write these and wait until every replica has them: for each record, where it stands or why it was not taken."""


class KafkaRecordWriter:
    """The real :class:`RecordWriter`: an idempotent producer, so that its own retries write nothing twice.

    :raises DependencyDown: if no broker answers.
    :raises Misconfigured: if the broker refuses us.
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
        """Write these; the order is kept within a partition."""
        started = [self._start(record) for record in records]
        return [self._outcome(record, sent) for record, sent in zip(records, started, strict=True)]

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

    def _outcome(
        self, record: OutgoingRecord, sent: FutureRecordMetadata | KafkaError
    ) -> WrittenRecord | GiveUp:
        if isinstance(sent, KafkaError):
            return self._explained(record, sent)
        try:
            done = sent.get(timeout=SEND_TIMEOUT_S)
        except KafkaError as error:
            return self._explained(record, error)
        return WrittenRecord(done.partition, done.offset)

    def _explained(self, record: OutgoingRecord, error: KafkaError) -> GiveUp:
        topic = record.topic
        if isinstance(error, REFUSALS):
            return Misconfigured(f"kafka: not allowed to write to {topic!r}: {error}; grant it")
        if isinstance(error, MessageSizeTooLargeError):
            return Misconfigured(
                f"kafka: {topic!r} takes no record of this size ({error}); raise its max.message.bytes"
            )
        return DependencyDown(f"kafka at {self._kafka.bootstrap}: {topic!r} takes no records: {error!r}")
