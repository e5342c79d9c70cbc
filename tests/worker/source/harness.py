"""A topic in memory and one on Kafka, with the same operations, so that one suite tests both sources."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Protocol

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from badbuzz.settings import KafkaSettings
from worker.source.kafka import KafkaSource
from worker.source.memory import MemorySource, MemoryTopic
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.servers.broker import Broker
    from worker.source.port import Source

SHORT_POLL_INTERVAL_MS = 1_500
"""A member that does not poll for this long is evicted. Short, because a test waits for it."""
LONG_POLL_INTERVAL_MS = 300_000
SESSION_TIMEOUT_MS = 6_000
EMBEDDED_SESSION_TIMEOUT_MS = 2_000
"""The embedded broker's first assignment takes half of it."""
TIMEOUT_S = 600


class TopicHarness(Protocol):
    """A topic with a consumer group, and what producers, operators and other members do to it."""

    def join(self, max_poll_interval_ms: int = LONG_POLL_INTERVAL_MS) -> Source: ...

    def append(self, partition: int, value: bytes | None, key: bytes | None = None) -> int: ...

    def delete_before(self, partition: int, offset: int) -> None: ...

    def add_partitions(self, count: int) -> None: ...

    def recreate_topic(self) -> None: ...

    def committed(self, partition: int) -> int | None: ...

    def evict(self, source: Source, rival: Source) -> None:
        """Let the group evict ``source``; ``rival`` is the other member."""

    def close(self) -> None: ...

    def fill(self, partition: int, count: int) -> None:
        for number in range(count):
            self.append(partition, f"{partition}:{number}".encode())


class MemoryHarness(TopicHarness):
    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self.topic = MemoryTopic(partitions=partitions)

    def join(self, max_poll_interval_ms: int = LONG_POLL_INTERVAL_MS) -> MemorySource:  # noqa: ARG002 - no clock in memory
        return self.topic.join()

    def append(self, partition: int, value: bytes | None, key: bytes | None = None) -> int:
        return self.topic.append(partition, value, time.time_ns() // 1_000_000, key)

    def delete_before(self, partition: int, offset: int) -> None:
        self.topic.delete_before(partition, offset)

    def add_partitions(self, count: int) -> None:
        self.topic.add_partitions(count)

    def recreate_topic(self) -> None:
        self.topic.recreate()

    def committed(self, partition: int) -> int | None:
        return self.topic.committed.get(partition)

    def evict(self, source: Source, rival: Source) -> None:  # noqa: ARG002 - the memory needs no help
        assert isinstance(source, MemorySource)
        self.topic.evict(source)

    def close(self) -> None:
        """Nothing to close."""


class KafkaHarness(TopicHarness):
    def __init__(self, broker: Broker, topic: str, partitions: int) -> None:
        self.partitions = partitions
        self.settings = KafkaSettings(
            bootstrap=broker.bootstrap,
            topic=topic,
            group=f"group-{uuid.uuid4().hex}",
            session_timeout_ms=SESSION_TIMEOUT_MS if broker.is_apache else EMBEDDED_SESSION_TIMEOUT_MS,
        )
        self._producer = KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
        self._admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
        self._sources: list[KafkaSource] = []

    def join(self, max_poll_interval_ms: int = LONG_POLL_INTERVAL_MS) -> KafkaSource:
        settings = self.settings.model_copy(update={"max_poll_interval_ms": max_poll_interval_ms})
        topic = describe_topic(settings, settings.topic)
        source = KafkaSource(settings, f"member-{len(self._sources)}", topic.id)
        self._sources.append(source)
        return source

    def append(self, partition: int, value: bytes | None, key: bytes | None = None) -> int:
        sent = self._producer.send(self.settings.topic, value=value, key=key, partition=partition)
        return int(sent.get(TIMEOUT_S).offset)

    def fill(self, partition: int, count: int) -> None:
        for number in range(count):
            self._producer.send(
                self.settings.topic, value=f"{partition}:{number}".encode(), partition=partition
            )
        self._producer.flush(TIMEOUT_S)

    def delete_before(self, partition: int, offset: int) -> None:
        self._admin.delete_records({TopicPartition(self.settings.topic, partition): offset})

    def add_partitions(self, count: int) -> None:
        self._admin.create_partitions({self.settings.topic: self.partitions + count})
        self._producer.close()
        self._producer = KafkaProducer(bootstrap_servers=self.settings.bootstrap, acks="all")

    def recreate_topic(self) -> None:
        self._admin.delete_topics([self.settings.topic])
        _until(lambda: self.settings.topic not in self._admin.list_topics())
        topics = {self.settings.topic: {"num_partitions": self.partitions, "replication_factor": 1}}
        self._admin.create_topics(topics, wait_for_metadata=True)

    def committed(self, partition: int) -> int | None:
        offsets = self._admin.list_group_offsets({self.settings.group: None})[self.settings.group]
        found = offsets.get(TopicPartition(self.settings.topic, partition))
        return None if found is None else int(found.offset)

    def evict(self, source: Source, rival: Source) -> None:  # noqa: ARG002 - it is evicted because it does not poll
        _until(lambda: rival.poll(0.05, 1).assigned)

    def close(self) -> None:
        for source in self._sources:
            source.close()
        self._producer.close(timeout=1)
        self._admin.close()


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
