"""Fixtures for Kafka, Redis and S3, and a summary of tests that were skipped for lack of a server."""

from __future__ import annotations

import os
import signal
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import redis
from kafka.admin import KafkaAdminClient

from badbuzz.embedded.valkey import run_valkey
from benchmarks.servers.broker import Broker, open_broker
from tests.servers.s3 import S3Server, open_s3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from xdist.remote import Producer
    from xdist.scheduler import Scheduling

# A busy machine must not fail a test.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
# Java's second compiler costs half of a broker's start, which does not pay for a broker that runs for a minute.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
# `make test &` in a script ignores Ctrl-C, and so would every program that a test starts and stops with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_REPOSITORY_ROOT = Path(__file__).parents[1]
_DEFAULT_PARTITIONS = 3


@dataclass(frozen=True, slots=True)
class Bucket:
    """An empty S3 bucket, and the environment with which clients find it (set during the test)."""

    url: str
    name: str
    environment: Mapping[str, str]


def pytest_configure(config: pytest.Config) -> None:
    """Refuse servers that the processes of ``pytest -n`` cannot share."""
    if os.environ.get("BADBUZZ_TEST_REDIS") and config.getoption("numprocesses", None):
        raise pytest.UsageError(
            "each test empties BADBUZZ_TEST_REDIS, so only one can run at a time: use -n 0"
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Distribute the tests of ``pytest -n`` over its processes."""
    from tests.scheduling import FolderScheduling  # noqa: PLC0415 - pytest-xdist may be switched off

    return FolderScheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several processes, run slow tests first, so that no process is left with a slow test at the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker]:
    """One broker for the session: ``.bootstrap``, ``.kind``, ``.is_apache``."""
    with open_broker() as broker:
        yield broker


@pytest.fixture(autouse=True)
def _apache_kafka_or_skip(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("apache_kafka") is None:
        return
    broker: Broker = request.getfixturevalue("kafka")
    if not broker.is_apache:
        reasons = "; ".join(broker.passed_over) or "the embedded broker was asked for"
        pytest.skip(f"needs Apache Kafka, found none ({reasons})")


@pytest.fixture(scope="session")
def _admin(kafka: Broker) -> Iterator[KafkaAdminClient]:
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    yield admin
    admin.close()


@pytest.fixture
def new_topic(_admin: KafkaAdminClient) -> Iterator[Callable[..., str]]:
    """Creates topics: ``new_topic(partitions=12, **configs) -> name``. They are deleted after the test."""
    made: list[str] = []

    def make(partitions: int = _DEFAULT_PARTITIONS, **configs: str) -> str:
        name = f"test-{uuid.uuid4().hex}"
        settings = {key.replace("_", "."): value for key, value in configs.items()}
        wanted = {name: {"num_partitions": partitions, "replication_factor": 1, "configs": settings}}
        _admin.create_topics(wanted, wait_for_metadata=True)
        made.append(name)
        return name

    yield make
    if made:
        _admin.delete_topics(made)


@pytest.fixture
def topic(request: pytest.FixtureRequest, new_topic: Callable[..., str]) -> str:
    """A topic with three partitions, or as many as ``parametrize("topic", [12], indirect=True)`` gives."""
    return new_topic(getattr(request, "param", _DEFAULT_PARTITIONS))


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[str]:
    if given := os.environ.get("BADBUZZ_TEST_REDIS"):
        yield given
        return
    with run_valkey() as url:
        yield url


@pytest.fixture
def redis_url(_redis_server: str) -> str:
    """An empty Redis database without functions. *Everything* in the one of BADBUZZ_TEST_REDIS is deleted."""
    with redis.Redis.from_url(_redis_server) as client:
        client.flushdb()
        client.function_flush()
    return _redis_server


@pytest.fixture(scope="session")
def _s3_server() -> Iterator[S3Server]:
    with open_s3() as server:
        yield server


@pytest.fixture
def s3(_s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket, with the environment set so that ``open_store(s3.url)`` finds it."""
    for name, value in _s3_server.environment.items():
        monkeypatch.setenv(name, value)
    name = f"test-{uuid.uuid4().hex}"
    _s3_server.create_bucket(name)
    return Bucket(f"s3://{name}", name, _s3_server.environment)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the real data, which is not part of the project: beside it, or in BADBUZZ_SHARED."""
    folder = Path(os.environ.get("BADBUZZ_SHARED") or _REPOSITORY_ROOT.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"needs the real data, and {folder} does not exist (set BADBUZZ_SHARED)")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of tests that were skipped for lack of Apache Kafka or the real data."""
    skipped = terminalreporter.stats.get("skipped", [])
    for marker, missing in (("apache_kafka", "Apache Kafka"), ("shared", "the real data")):
        count = sum(marker in report.keywords for report in skipped)
        if count:
            terminalreporter.write_line(
                f"NOT TESTED: {count} tests that need {missing} were skipped", red=True
            )
