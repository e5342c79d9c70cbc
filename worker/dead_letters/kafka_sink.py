"""Dead letters on a Kafka topic: the record's bytes untouched, the story in headers by the names that Kafka Connect uses."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError, TopicAlreadyExistsError

from badbuzz.clients.kafka_client import REFUSALS, client_options
from badbuzz.errors import DependencyDown, Misconfigured, Retry
from worker.dead_letters.stored_dead_letter import CONNECT, RecordPosition, position_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.settings import KafkaSettings
    from worker.dead_letters.port import DeadLetter
    from worker.source.port import Record

SEND_TIMEOUT_S = 15
MAX_REQUEST_BYTES = 10 * 1024 * 1024
"""Of a record, and what the topic is made to take. A record that came in must go out again, with headers added."""
HEADER_CHARACTERS = 1_000
"""A message that repeats a bad value must not outgrow the record."""


class KafkaDeadLetters:
    """The real :class:`worker.dead_letters.port.DeadLetterSink`. Connects with the first letter: most workers never send one."""

    def __init__(self, kafka: KafkaSettings, client_id: str) -> None:
        self._kafka = kafka
        self._client_id = client_id
        self._producer: KafkaProducer | None = None

    def send(self, letters: Sequence[DeadLetter]) -> None:
        """Send and wait until every replica has them."""
        try:
            producer = self._connect()
            sent = [
                producer.send(
                    self._kafka.dead_letter_topic,
                    key=_key(letter.record),
                    value=letter.record.value,
                    headers=connect_headers(self._kafka.topic, letter),
                )
                for letter in letters
            ]
            for future in sent:
                future.get(timeout=SEND_TIMEOUT_S)
        except REFUSALS as error:
            topic = self._kafka.dead_letter_topic
            raise Misconfigured(
                f"kafka: not allowed to write dead letters to {topic!r}: {error}; grant it"
            ) from None
        except MessageSizeTooLargeError as error:
            topic = self._kafka.dead_letter_topic
            raise Misconfigured(
                f"kafka: {topic!r} takes no record of this size ({error}); raise max.message.bytes"
            ) from None
        except (KafkaError, DependencyDown) as error:
            self.close()
            raise Retry(
                "kafka", f"dead letters do not reach {self._kafka.dead_letter_topic!r}: {error!r}"
            ) from None

    def close(self) -> None:
        """Let go of the connection; what was not acknowledged is sent again by whoever scores the batch again."""
        if self._producer is not None:
            abandon_producer(self._producer)
            self._producer = None

    def _connect(self) -> KafkaProducer:
        if self._producer is None:
            _ensure_topic(self._kafka)
            self._producer = open_reliable_producer(self._kafka, self._client_id)
        return self._producer


def open_reliable_producer(kafka: KafkaSettings, client_id: str) -> KafkaProducer:
    """A producer for few, precious records: its retries write nothing twice, and every replica has what is acknowledged."""
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
    """End a producer with all that is still under way, of which whoever sent it knows that it may not arrive.

    ``close`` alone waits for that, and if it takes too long, raises and leaves the producer running.
    """
    producer._sender.force_close()  # noqa: SLF001 - there is no public way
    with suppress(KafkaTimeoutError):  # it ends a little later
        producer.close(timeout=1)


def _ensure_topic(kafka: KafkaSettings) -> None:
    topic = kafka.dead_letter_topic
    with closing(KafkaAdminClient(**client_options(kafka, "badbuzz-dead-letters"))) as admin:
        if not admin.describe_topics([topic])[0]["error_code"]:
            return
        wanted = {"num_partitions": 1, "configs": {"max.message.bytes": str(MAX_REQUEST_BYTES)}}
        with suppress(TopicAlreadyExistsError):  # another worker was faster
            admin.create_topics({topic: wanted}, wait_for_metadata=True)


def _key(record: Record) -> bytes | None:
    """Its own; but kafka-python sends no record that has neither key nor value, as other clients do."""
    return b"" if record.key is None and record.value is None else record.key


def connect_headers(topic: str, letter: DeadLetter) -> list[tuple[str, bytes]]:
    """Kafka Connect's headers (its documentation, "Dead letter queue") for one letter."""
    origin = RecordPosition(topic, letter.record.partition, letter.record.offset)
    told = {
        "stage": letter.error.stage,
        "exception.class.name": type(letter.error).__qualname__,
        "exception.message": str(letter.error)[:HEADER_CHARACTERS],
    }
    story = [(f"{CONNECT}{name}", value.encode("utf-8", "replace")) for name, value in told.items()]
    return [*position_headers(origin, CONNECT), *story]
