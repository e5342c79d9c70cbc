"""Apache Kafka in a Docker container."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from docker.errors import DockerException
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from benchmarks.servers.kafka.jars import KAFKA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLIENT_PORT = 9092
_INTERNAL_PORT = 9093
_CONTROLLER_PORT = 9094
_START_TIMEOUT_S = 120


class DockerMissingError(Exception):
    """No container can be started; the message has the reason."""


@contextmanager
def kafka_container() -> Iterator[str]:
    """Run Kafka's own image; yield ``127.0.0.1:port``. (testcontainers' Kafka only supports Confluent's image.)

    :raises DockerMissingError: if no engine answers or the image cannot be run.
    """
    _check_engine()
    with LoopbackPort() as port:
        public_port = port.number
    container = DockerContainer(f"apache/kafka:{KAFKA_VERSION}")
    # with_bind_ports() would open the port to the network
    cast("dict[str, object]", container.ports)[f"{_CLIENT_PORT}/tcp"] = (HOST, public_port)
    for name, value in _settings(public_port).items():
        container.with_env(name, value)
    container.waiting_for(
        LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(_START_TIMEOUT_S)
    )
    try:
        container.start()
    except (DockerException, TimeoutError) as error:
        container.stop()
        raise DockerMissingError(f"{container.image} does not start: {error}") from error
    try:
        yield f"{HOST}:{public_port}"
    finally:
        container.stop()


def _check_engine() -> None:
    program = shutil.which("docker")
    if program is None:
        raise DockerMissingError("no docker on the PATH")
    # By the command: docker's Python client leaves a socket open if no engine answers.
    asked = subprocess.run(  # noqa: S603 - a fixed command
        [program, "version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if asked.returncode:
        raise DockerMissingError(f"no Docker engine answers: {asked.stderr.strip()}")


def _settings(public_port: int) -> dict[str, str]:
    return {
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_NODE_ID": "1",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": f"1@localhost:{_CONTROLLER_PORT}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "INTERNAL",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_LISTENERS": (
            f"CLIENT://:{_CLIENT_PORT},INTERNAL://:{_INTERNAL_PORT},CONTROLLER://:{_CONTROLLER_PORT}"
        ),
        "KAFKA_ADVERTISED_LISTENERS": f"CLIENT://{HOST}:{public_port},INTERNAL://localhost:{_INTERNAL_PORT}",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
    }
