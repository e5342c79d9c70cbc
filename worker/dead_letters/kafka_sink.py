"""Sends dead letters to a Kafka topic."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from kafka import KafkaAdminClient
from kafka.errors import InvalidTimestampError, KafkaError, TopicAlreadyExistsError

from badbuzz.clients.kafka_client import build_client_options
from badbuzz.clients.kafka_failures import explain_refused_write
from badbuzz.errors import DependencyDown, Retry
from worker.dead_letters.record_writer import (
    MAX_REQUEST_BYTES,
    abandon_producer,
    open_reliable_producer,
    wait_until_written,
)
from worker.dead_letters.stored_dead_letter import build_letter_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kafka import KafkaProducer

    from badbuzz.settings import KafkaSettings
    from worker.dead_letters.port import DeadLetter
    from worker.source.port import Record


NO_TIMESTAMP = -1


class KafkaDeadLetters:
    """The Kafka :class:`worker.dead_letters.port.DeadLetterSink`.

    It connects when the first letter is sent: most workers never send one.
    """

    def __init__(self, kafka: KafkaSettings, client_id: str) -> None:
        self._kafka = kafka
        self._client_id = client_id
        self._producer: KafkaProducer | None = None
        self._timestamp_ms: int | None = None  # the time of sending

    def send(self, letters: Sequence[DeadLetter]) -> None:
        """Send the letters and wait until every replica has them.

        A broker refuses timestamps that are far ahead of its clock (``message.timestamp.after.max.ms``). If it refuses ours, the
        letters are sent without a timestamp.
        """
        topic = self._kafka.dead_letter_topic
        try:
            try:
                self._send(letters)
            except InvalidTimestampError:
                self.close()
                self._timestamp_ms = NO_TIMESTAMP
                self._send(letters)
        except (KafkaError, DependencyDown) as error:
            self.close()
            refused = isinstance(error, KafkaError) and explain_refused_write(
                self._kafka, topic, error, "dead letters"
            )
            if refused:
                raise refused from None
            raise Retry("kafka", f"dead letters do not reach {topic!r}: {error!r}") from None

    def _send(self, letters: Sequence[DeadLetter]) -> None:
        producer = self._connect()
        sent = [
            producer.send(
                self._kafka.dead_letter_topic,
                key=_key(letter.record),
                value=letter.record.value,
                headers=build_letter_headers(self._kafka.topic, letter),
                timestamp_ms=self._timestamp_ms,
            )
            for letter in letters
        ]
        for future in sent:
            wait_until_written(future)

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


def _ensure_topic(kafka: KafkaSettings) -> None:
    topic = kafka.dead_letter_topic
    with closing(KafkaAdminClient(**build_client_options(kafka, "badbuzz-dead-letters"))) as admin:
        if not admin.describe_topics([topic])[0]["error_code"]:
            return
        # LogAppendTime: letters are sorted by time, and this machine's clock may be wrong.
        configs = {"max.message.bytes": str(MAX_REQUEST_BYTES), "message.timestamp.type": "LogAppendTime"}
        wanted = {"num_partitions": 1, "configs": configs}
        with suppress(TopicAlreadyExistsError):  # another worker created it first
            admin.create_topics({topic: wanted}, wait_for_metadata=True)


def _key(record: Record) -> bytes | None:
    """Return the record's key; empty if it has neither key nor value, because kafka-python does not send such a record."""
    return b"" if record.key is None and record.value is None else record.key
