"""The servers of all runs, which a run may kill: one Apache Kafka, one Valkey."""

from __future__ import annotations

import time
import uuid
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import redis
from kafka import KafkaAdminClient

from tests.servers.choice import Broker
from tests.servers.kafka import ApacheKafka
from tests.worker.system import PARTITIONS, System
from tests.worker.valkey import Valkey, open_valkey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Servers:
    """Both of them. A fault is over when the method returns: the server is back at its old address."""

    def __init__(self, kafka: ApacheKafka, valkey: Valkey, folder: Path) -> None:
        self._kafka = kafka
        self._valkey = valkey
        self._dump = folder / "dump.rdb"

    @contextmanager
    def new_system(self, folder: Path) -> Iterator[System]:
        """A fresh topic on the broker, nothing in Valkey; at the end the topic goes, and whatever still runs."""
        topic = f"chaos-{uuid.uuid4().hex}"
        letters = f"{topic}.dlq"
        with redis.Redis.from_url(self._valkey.url) as client:
            client.flushall()
            client.function_flush()
        with KafkaAdminClient(bootstrap_servers=self._kafka.bootstrap) as admin:
            wanted = {"num_partitions": PARTITIONS, "replication_factor": 1}
            admin.create_topics(
                {topic: wanted, letters: {"num_partitions": 1, "replication_factor": 1}},
                wait_for_metadata=True,
            )
        system = System(Broker(self._kafka.bootstrap, "maven"), topic, letters, self._valkey.url, folder)
        try:
            yield system
        finally:
            system.close()
            with KafkaAdminClient(bootstrap_servers=self._kafka.bootstrap) as admin:
                admin.delete_topics([topic, letters])

    def kill_broker(self, away_s: float) -> None:
        """Power cut, and back with what it had."""
        self._kafka.kill()
        time.sleep(away_s)
        self._kafka.start()

    def empty_valkey(self, away_s: float) -> None:
        """Power cut, and back with nothing."""
        self._valkey.kill()
        time.sleep(away_s)
        self._valkey.start()

    def set_valkey_back(self, by_s: float) -> None:
        """Power cut, and back with what it had ``by_s`` seconds ago."""
        with redis.Redis.from_url(self._valkey.url) as client:
            client.save()
        time.sleep(by_s)
        self._valkey.kill()
        self._valkey.start()
        self._dump.unlink()


@contextmanager
def open_servers(folder: Path) -> Iterator[Servers]:
    """Start both.

    :raises JarsMissingError: if Apache Kafka cannot run here.
    """
    with ExitStack() as stack:
        valkey_folder = folder / "valkey"
        valkey_folder.mkdir()
        kafka = stack.enter_context(ApacheKafka(folder / "kafka"))
        yield Servers(kafka, stack.enter_context(open_valkey(valkey_folder)), valkey_folder)
