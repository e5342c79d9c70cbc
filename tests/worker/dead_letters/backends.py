"""The dead-letter sinks in memory and on Kafka, with the methods that one suite needs to check both."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kafka import KafkaConsumer, TopicPartition

from badbuzz.settings import KafkaSettings
from worker.dead_letters.kafka_sink import KafkaDeadLetters
from worker.dead_letters.memory import MemoryDeadLetters
from worker.dead_letters.stored_dead_letter import build_letter_headers

if TYPE_CHECKING:
    from benchmarks.servers.broker import Broker
    from worker.dead_letters.port import DeadLetterSink

TOPIC = "tweets"
TIMEOUT_S = 600


@dataclass(frozen=True)
class ReceivedLetter:
    """A dead letter as a consumer receives it."""

    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]


class DeadLetterBackend(Protocol):
    sink: DeadLetterSink

    def found(self, count: int) -> list[ReceivedLetter]:
        """Return all letters, once ``count`` letters have arrived."""


class MemoryDeadLetterBackend(DeadLetterBackend):
    def __init__(self) -> None:
        self.sink: MemoryDeadLetters = MemoryDeadLetters()

    def found(self, count: int) -> list[ReceivedLetter]:  # noqa: ARG002 - they are there at once
        return [
            ReceivedLetter(letter.record.key, letter.record.value, dict(build_letter_headers(TOPIC, letter)))
            for letter in self.sink.letters
        ]


class KafkaDeadLetterBackend(DeadLetterBackend):
    def __init__(self, broker: Broker, topic: str) -> None:
        self.settings = KafkaSettings(bootstrap=broker.bootstrap, topic=TOPIC, dead_letter_topic=topic)
        self.sink: KafkaDeadLetters = KafkaDeadLetters(self.settings, "badbuzz-test")

    def found(self, count: int) -> list[ReceivedLetter]:
        topic = TopicPartition(self.settings.dead_letter_topic, 0)
        records: list[Any] = []
        with KafkaConsumer(
            bootstrap_servers=self.settings.bootstrap, auto_offset_reset="earliest"
        ) as consumer:
            consumer.assign([topic])
            deadline = time.monotonic() + TIMEOUT_S
            while len(records) < count:
                assert time.monotonic() < deadline, f"{len(records)} of {count} letters"
                records += consumer.poll(500).get(topic, [])
        return [ReceivedLetter(record.key, record.value, dict(record.headers)) for record in records]
