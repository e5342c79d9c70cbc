"""The servers of all runs, each also reachable by a proxy, so that workers can be cut off. A run may kill them."""

from __future__ import annotations

import uuid
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import redis
from kafka import KafkaAdminClient

from badbuzz.embedded.loopback_port import LoopbackPort
from benchmarks.servers.broker import Broker
from benchmarks.servers.kafka import ApacheKafka, Detour
from tests.chaos.network import Proxy
from tests.servers.s3 import S3Server, open_s3
from tests.worker.system import PARTITIONS, System
from tests.worker.valkey import Valkey, open_valkey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.s3 import Conditions

Storage = Literal["local", "s3"]

TOPIC_CONFIGS = {"message.timestamp.after.max.ms": str(2**63 - 1), "retention.ms": "-1"}
"""The topic accepts any timestamp, and deletes no record because of it."""


class Dependency(StrEnum):
    """The worker's dependencies on the network, by the worker's names for them."""

    KAFKA = "kafka"
    REDIS = "redis"
    STORAGE = "storage"


class ChaosServers:
    """Apache Kafka, Valkey and S3, for one system at a time. Only its workers use the ``proxies``."""

    def __init__(
        self, kafka: ApacheKafka, valkey: Valkey, s3: S3Server, proxies: dict[Dependency, Proxy]
    ) -> None:
        self.kafka = kafka
        self.valkey = valkey
        self.proxies = proxies
        self._s3 = s3

    @contextmanager
    def new_system(
        self, folder: Path, *, storage: Storage = "local", conditions: Conditions = "atomic"
    ) -> Iterator[System]:
        """Yield a system with a new topic, empty Valkey and S3, and a working network. Delete it at the end.

        With other ``conditions``, S3 is another server, without a proxy.
        """
        topic = f"chaos-{uuid.uuid4().hex}"
        self._heal()
        with redis.Redis.from_url(self.valkey.url) as client:
            client.flushall()
            client.function_flush()
        with self._topics(topic, letters := f"{topic}.dlq"):
            system = System(Broker(self.kafka.bootstrap, "maven"), topic, letters, self.valkey.url, folder)
            self._send_through_proxies(system)
            stack = ExitStack()
            if conditions != "atomic":
                self._move_to_s3(system, s3 := stack.enter_context(open_s3(conditions)))
                system.worker_settings["AWS_ENDPOINT_URL"] = s3.endpoint
            elif storage == "s3":
                self._move_to_s3(system, self._s3)
            try:
                yield system
            finally:
                system.close()
                stack.close()
                self._heal()
                self._s3.delete_all()

    def _heal(self) -> None:
        self.valkey.shift_clock(0)
        for proxy in self.proxies.values():
            proxy.heal()

    @contextmanager
    def _topics(self, topic: str, letters: str) -> Iterator[None]:
        topics = {topic: PARTITIONS, letters: 1}
        with KafkaAdminClient(bootstrap_servers=self.kafka.bootstrap) as admin:
            admin.create_topics(
                {
                    name: {"num_partitions": partitions, "replication_factor": 1, "configs": TOPIC_CONFIGS}
                    for name, partitions in topics.items()
                },
                wait_for_metadata=True,
            )
        try:
            yield
        finally:
            with KafkaAdminClient(bootstrap_servers=self.kafka.bootstrap) as admin:
                admin.delete_topics([*topics])

    def _send_through_proxies(self, system: System) -> None:
        system.worker_settings |= {
            "BADBUZZ_KAFKA__BOOTSTRAP": self.proxies[Dependency.KAFKA].address,
            "BADBUZZ_REDIS__URL": f"redis://{self.proxies[Dependency.REDIS].address}/0",
        }

    def _move_to_s3(self, system: System, s3: S3Server) -> None:
        s3.create_bucket(bucket := "chaos")
        system.settings |= s3.environment | {"BADBUZZ_SCORED__URL": f"s3://{bucket}/scored"}
        system.worker_settings["AWS_ENDPOINT_URL"] = f"http://{self.proxies[Dependency.STORAGE].address}"


@contextmanager
def open_servers(folder: Path) -> Iterator[ChaosServers]:
    """Start the servers.

    :raises JarsMissingError: if Apache Kafka cannot run here.
    """
    with ExitStack() as stack:
        valkey_folder = folder / "valkey"
        valkey_folder.mkdir()
        valkey = stack.enter_context(open_valkey(valkey_folder))
        s3 = stack.enter_context(open_s3())
        detour = stack.enter_context(LoopbackPort())
        proxies = {
            dependency: stack.enter_context(Proxy(address))
            for dependency, address in {
                Dependency.KAFKA: detour.address,
                Dependency.REDIS: valkey.address,
                Dependency.STORAGE: s3.address,
            }.items()
        }
        way = Detour(detour.address, proxies[Dependency.KAFKA].address)
        kafka = stack.enter_context(ApacheKafka(folder / "kafka", detour=way))
        yield ChaosServers(kafka, valkey, s3, proxies)
