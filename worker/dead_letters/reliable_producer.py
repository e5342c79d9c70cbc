"""A Kafka producer that loses and duplicates no record, for dead letters, markers and replayed records."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError

from badbuzz.clients.kafka_client import build_client_options

if TYPE_CHECKING:
    from kafka.producer.future import FutureRecordMetadata

    from badbuzz.settings import KafkaSettings

SEND_TIMEOUT_S = 15
MAX_REQUEST_BYTES = 10 * 1024 * 1024
"""The largest record that is sent, and the largest that the created topic accepts: a letter is its record plus headers."""


def open_reliable_producer(kafka: KafkaSettings, client_id: str) -> KafkaProducer:
    """Open a producer whose retries write nothing twice, and which waits for every replica."""
    return KafkaProducer(
        **build_client_options(kafka, client_id),
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
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
