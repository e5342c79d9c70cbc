"""One broker, one Redis and one authority for all tests of this folder; topics, users and ACLs are each test's own."""

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
from tests.security.kafka_rights import Grant, SecuredKafka, documented_grants
from tests.security.redis_rights import RedisUsers
from tests.security.tls_front import TlsFront
from tests.worker.system import PARTITIONS, System

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Secured:
    """A system in which everybody needs rights: ``badbuzz`` runs in it as one of the users."""

    system: System
    kafka: SecuredKafka
    redis: RedisUsers

    def grants(self, user: str) -> list[Grant]:
        """What the page grants, with the names of this test."""
        names = {
            "tweets": self.system.topic,
            "tweets.dlq": self.system.dead_letter_topic,
            "badbuzz": self.system.settings["BADBUZZ_KAFKA__GROUP"],
        }
        return documented_grants(user, names)

    def as_user(self, user: str) -> dict[str, str]:
        """Settings with which ``user`` logs in to both servers; who has no user of his own in Redis may look at rates."""
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
        kafka = SecuredKafka(folder, authority.server(HOST), authority.ca_file)
    except JarsMissingError as missing:
        pytest.skip(str(missing))
    with kafka.broker:
        yield kafka


@pytest.fixture
def tls_redis(redis_url: str, authority: Authority) -> Iterator[TlsFront]:
    port = urlsplit(redis_url).port
    assert port is not None
    with TlsFront(authority.server(HOST), port) as front:
        yield front


@pytest.fixture
def secured(
    secured_kafka: SecuredKafka, redis_url: str, tls_redis: TlsFront, tmp_path: Path
) -> Iterator[Secured]:
    """Two topics, an empty Redis with the documented users, a registry; ACLs in Kafka are the test's to give."""
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
    users.forget()
    secured_kafka.forbid_everything()
    with secured_kafka.admin() as admin:
        admin.delete_topics(list(topics))
