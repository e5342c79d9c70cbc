"""Dead letters on a Kafka topic: the record's bytes unchanged, and headers named like Kafka Connect's."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError

from badbuzz.clients.kafka_client import client_options, explain_refused_write
from badbuzz.errors import DependencyDown, Retry
from worker.dead_letters.stored_dead_letter import CONNECT, RecordPosition, position_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.settings import KafkaSettings
    from worker.dead_letters.port import DeadLetter
    from worker.source.port import Record

SEND_TIMEOUT_S = 15
MAX_REQUEST_BYTES = 10 * 1024 * 1024
"""The largest record that is sent, and the largest that the created topic accepts: a letter is its record plus headers."""
HEADER_CHARACTERS = 1_000
"""A message may repeat a bad value. This limit prevents headers that are larger than the record."""


class KafkaDeadLetters:
    """The Kafka :class:`worker.dead_letters.port.DeadLetterSink`.

    It connects when the first letter is sent: most workers never send one.
    """

    def __init__(self, kafka: KafkaSettings, client_id: str) -> None:
        self._kafka = kafka
        self._client_id = client_id
        self._producer: KafkaProducer | None = None

    def send(self, letters: Sequence[DeadLetter]) -> None:
        """Send the letters and wait until every replica has them."""
        topic = self._kafka.dead_letter_topic
        try:
            producer = self._connect()
            sent = [
                producer.send(
                    topic,
                    key=_key(letter.record),
                    value=letter.record.value,
                    headers=connect_headers(self._kafka.topic, letter),
                )
                for letter in letters
            ]
            for future in sent:
                future.get(timeout=SEND_TIMEOUT_S)
        except (KafkaError, DependencyDown) as error:
            refused = isinstance(error, KafkaError) and explain_refused_write(topic, error, "dead letters")
            if refused:
                raise refused from None
            self.close()
            raise Retry("kafka", f"dead letters do not reach {topic!r}: {error!r}") from None

    def close(self) -> None:
        """Close the connection. Unacknowledged letters are sent again by the worker that scores the batch again."""
        if self._producer is not None:
            abandon_producer(self._producer)
            self._producer = None

    def _connect(self) -> KafkaProducer:
        if self._producer is None:
            _ensure_topic(self._kafka)
            self._producer = open_reliable_producer(self._kafka, self._client_id)
        return self._producer


def open_reliable_producer(kafka: KafkaSettings, client_id: str) -> KafkaProducer:
    """Open a producer whose retries write nothing twice, and which waits for every replica."""
    return KafkaProducer(
        **client_options(kafka, client_id),
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        linger_ms=5,
        max_block_ms=SEND_TIMEOUT_S * 1000,
        max_request_size=MAX_REQUEST_BYTES,
    )


def abandon_producer(producer: KafkaProducer) -> None:
    """Close a producer without waiting for records in flight; these may not arrive.

    ``close`` alone waits for them. If that takes too long, it raises and leaves the producer running.
    """
    producer._sender.force_close()  # noqa: SLF001 - kafka-python has no public method for this
    with suppress(KafkaTimeoutError):  # it closes a little later
        producer.close(timeout=1)


def _ensure_topic(kafka: KafkaSettings) -> None:
    topic = kafka.dead_letter_topic
    with closing(KafkaAdminClient(**client_options(kafka, "badbuzz-dead-letters"))) as admin:
        if not admin.describe_topics([topic])[0]["error_code"]:
            return
        wanted = {"num_partitions": 1, "configs": {"max.message.bytes": str(MAX_REQUEST_BYTES)}}
        with suppress(TopicAlreadyExistsError):  # another worker created it first
            admin.create_topics({topic: wanted}, wait_for_metadata=True)


def _key(record: Record) -> bytes | None:
    """Return the record's key; empty if it has neither key nor value, because kafka-python does not send such a record."""
    return b"" if record.key is None and record.value is None else record.key


def connect_headers(topic: str, letter: DeadLetter) -> list[tuple[str, bytes]]:
    """Return Kafka Connect's headers for a letter (its documentation, "Dead letter queue")."""
    position = RecordPosition(topic, letter.record.partition, letter.record.offset)
    error = {
        "stage": letter.error.stage,
        "exception.class.name": type(letter.error).__qualname__,
        "exception.message": str(letter.error)[:HEADER_CHARACTERS],
    }
    described = [(f"{CONNECT}{name}", value.encode("utf-8", "replace")) for name, value in error.items()]
    return [*position_headers(position, CONNECT), *described]
