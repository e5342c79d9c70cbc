"""One broker, one Redis and one authority for all tests of this folder. Each test has its own topics, users and ACLs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from badbuzz.embedded.loopback_port import HOST
from benchmarks.servers.broker import Broker
from benchmarks.servers.kafka import JarsMissingError
from tests.security.certificates import Authority
from tests.security.kafka_rights import Grant, SecuredKafka, read_documented_grants
from tests.security.redis_rights import RedisUsers
from tests.security.tls_proxy import TlsProxy
from tests.worker.system import PARTITIONS, System

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Secured:
    """A system with access control. ``badbuzz`` runs in it as one of the users."""

    system: System
    kafka: SecuredKafka
    redis: RedisUsers

    def grants(self, user: str) -> list[Grant]:
        """Return the documented grants with this test's names."""
        names = {
            "tweets": self.system.topic,
            "tweets.dlq": self.system.dead_letter_topic,
            "badbuzz": self.system.settings["BADBUZZ_KAFKA__GROUP"],
        }
        return read_documented_grants(user, names)

    def as_user(self, user: str) -> dict[str, str]:
        """Return the settings of ``user`` for both servers. Without a Redis user of that name, it is badbuzz-alerts."""
        redis_user = user if user in self.redis.passwords else "badbuzz-alerts"
        return {**self.kafka.environment(user), "BADBUZZ_REDIS__URL": self.redis.url(redis_user)}

    def secrets(self) -> list[str]:
        return [*self.kafka.passwords.values(), *self.redis.passwords.values()]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("trusted") / "authority")


@pytest.fixture(scope="session")
def secured_kafka(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    folder = tmp_path_factory.mktemp("secured-kafka")
    try:
        kafka = SecuredKafka(folder, authority.issue(HOST), authority.ca_file)
    except JarsMissingError as missing:
        pytest.skip(str(missing))
    with kafka.broker:
        yield kafka


@pytest.fixture
def tls_redis(redis_url: str, authority: Authority) -> Iterator[TlsProxy]:
    port = urlsplit(redis_url).port
    assert port is not None
    with TlsProxy(authority.issue(HOST), port) as proxy:
        yield proxy


@pytest.fixture
def secured(
    secured_kafka: SecuredKafka, redis_url: str, tls_redis: TlsProxy, tmp_path: Path
) -> Iterator[Secured]:
    """Two topics, an empty Redis with the documented users, a registry. The test grants the ACLs in Kafka."""
    topic = f"test-{uuid.uuid4().hex}"
    topics = {topic: PARTITIONS, f"{topic}.dlq": 1}
    with secured_kafka.admin() as admin:
        admin.create_topics(
            {name: {"num_partitions": count, "replication_factor": 1} for name, count in topics.items()},
            wait_for_metadata=True,
        )
    system = System(
        Broker(secured_kafka.broker.bootstrap, "given"), topic, f"{topic}.dlq", redis_url, tmp_path
    )
    users = RedisUsers(redis_url, tls_redis.port, secured_kafka.ca_file, topic)
    for user in users.passwords:
        users.allow(user)
    yield Secured(system, secured_kafka, users)
    system.close()
    users.delete()
    secured_kafka.delete_acls()
    with secured_kafka.admin() as admin:
        admin.delete_topics(list(topics))
