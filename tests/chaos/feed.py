"""Sends the stream to the topic, plainly or in transactions, and finds out where its records are."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from tests.badbuzz.bad_records import BAD
from tests.chaos.evidence import SentRecords
from tests.chaos.stream import CHUNK
from tests.worker.system import TIMEOUT_S, NullIfEmpty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from tests.chaos.stream import RecordStream
    from tests.worker.system import System

BAD_VALUES = frozenset(value or None for value, _ in BAD.values())
POLL_MS = 500
METADATA_MS = 500
"""The time within which a producer finds a new partition."""
QUICK: Mapping[str, int] = {
    "max_block_ms": 6_000,
    "request_timeout_ms": 3_000,
    "delivery_timeout_ms": 5_000,
}
"""A producer that lost its broker in a transaction can wait for ever; a new one ends the transaction."""


class PlainFeed:
    """Sends each record on its own. A record's place is known from the broker's answer."""

    def __init__(self, system: System, stream: RecordStream) -> None:
        self._system = system
        self._stream = stream
        self._places: list[tuple[int, int]] = []
        self.aborted = 0

    def send(self, values: Iterable[bytes | None]) -> None:
        """Send to the partitions in turn; return when the broker has all records."""
        with _open_producer(self._system) as producer:
            sent = [
                producer.send(
                    self._system.topic,
                    value=value or b"",
                    partition=number % _count_partitions(producer, self._system),
                    timestamp_ms=self._stream.timestamp_ms(),
                )
                for number, value in enumerate(values, len(self._places))
            ]
            found = [record.get(TIMEOUT_S) for record in sent]
        self._places += [(record.partition, record.offset) for record in found]

    def find_sent(self, *, skips_tombstones: bool) -> SentRecords:
        """Return the places of all records."""
        bad, tombstones = (
            frozenset(place for number, place in enumerate(self._places) if number in numbers)
            for numbers in (self._stream.bad, self._stream.tombstones)
        )
        return SentRecords(self._places, bad, tombstones, skips_tombstones=skips_tombstones)


class TransactionalFeed:
    """Sends each chunk in a transaction; some are aborted and sent again, as applications do.

    After a broker was killed, the producer may not know whether its transaction was committed. So the places are read
    from the topic by kafka-python's own reader.
    """

    ABORTED_SHARE = 0.3

    def __init__(self, system: System, stream: RecordStream) -> None:
        self._system = system
        self._stream = stream
        self._random = Random(system.topic)
        self._number = 0
        self.aborted = 0

    def send(self, values: Iterable[bytes | None]) -> None:
        """Send all values. Chunks whose transaction fails are not sent again."""
        chunks = _split(values)
        while self._send_chunks(chunks):
            pass

    def find_sent(self, *, skips_tombstones: bool) -> SentRecords:
        """Read the topic's committed records."""
        found = {
            (record.partition, record.offset): record.value or None for record in read_committed(self._system)
        }
        bad = frozenset(place for place, value in found.items() if value in BAD_VALUES)
        tombstones = frozenset(place for place, value in found.items() if value is None)
        return SentRecords(list(found), bad, tombstones, skips_tombstones=skips_tombstones)

    def _send_chunks(self, chunks: Iterator[list[bytes | None]]) -> bool:
        """Send until the chunks end, or until an error: then return True. A new producer ends the old one's transaction."""
        with _open_producer(self._system, transactional_id=self._system.topic, **QUICK) as producer:
            try:
                producer.init_transactions()
                for chunk in chunks:
                    while self._random.random() < self.ABORTED_SHARE:
                        self._send_one(producer, chunk, commit=False)
                        self.aborted += 1
                    self._send_one(producer, chunk, commit=True)
            except KafkaError:
                return True
        return False

    def _send_one(self, producer: KafkaProducer, chunk: list[bytes | None], *, commit: bool) -> None:
        producer.begin_transaction()
        for value in chunk:
            partition = self._number % _count_partitions(producer, self._system)
            producer.send(
                self._system.topic,
                value=value or b"",
                partition=partition,
                timestamp_ms=self._stream.timestamp_ms(),
            )
            self._number += 1
        producer.flush(timeout=QUICK["max_block_ms"] / 1_000)
        if commit:
            producer.commit_transaction()
        else:
            producer.abort_transaction()


def read_committed(system: System) -> Iterator[Any]:
    """Yield the topic's records up to the last stable offsets, without those of aborted transactions."""
    with KafkaConsumer(
        bootstrap_servers=system.broker.bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    ) as consumer:
        partitions = [TopicPartition(system.topic, number) for number in range(system.partitions)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for records in consumer.poll(POLL_MS).values():
                yield from records


def _open_producer(system: System, **options: Any) -> AbstractContextManager[KafkaProducer]:
    producer: AbstractContextManager[KafkaProducer] = KafkaProducer(
        bootstrap_servers=system.broker.bootstrap,
        linger_ms=5,
        value_serializer=NullIfEmpty(),
        metadata_max_age_ms=METADATA_MS,
        **options,
    )
    return producer


def _count_partitions(producer: KafkaProducer, system: System) -> int:
    return len(producer.partitions_for(system.topic))


def _split(values: Iterable[bytes | None]) -> Iterator[list[bytes | None]]:
    chunk: list[bytes | None] = []
    for value in values:
        chunk.append(value)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
