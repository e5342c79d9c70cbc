"""Rewrites the history of a partition on a real broker, as an unclean leader election does: its last records are replaced."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from kafka import KafkaAdminClient, KafkaProducer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.servers.kafka import ApacheKafka

TIMEOUT_S = 600


def make_topic(broker: ApacheKafka, name: str, partitions: int = 1) -> None:
    with KafkaAdminClient(bootstrap_servers=broker.bootstrap) as admin:
        topics = {name: {"num_partitions": partitions, "replication_factor": 1}}
        admin.create_topics(topics, wait_for_metadata=True)


def produce(broker: ApacheKafka, topic: str, values: list[bytes], partition: int = 0) -> list[int]:
    """Append one batch for each value. Return the offsets."""
    with KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all") as producer:
        return [
            producer.send(topic, value=value, partition=partition).get(TIMEOUT_S).offset for value in values
        ]


@contextmanager
def lose_what_follows(broker: ApacheKafka, folder: Path, topic: str, partition: int = 0) -> Iterator[None]:
    """Lose the records that are appended inside. The broker restarts, and its leader epoch rises."""
    log = folder / "records" / f"{topic}-{partition}" / f"{0:020d}.log"
    kept = log.stat().st_size
    yield
    broker.stop()
    with log.open("r+b") as file:
        file.truncate(kept)
    for index in (
        *log.parent.glob("*.index"),
        *log.parent.glob("*.timeindex"),
        *log.parent.glob("*.snapshot"),
    ):
        index.unlink()
    (folder / "records" / ".kafka_cleanshutdown").unlink()
    broker.start()
