"""A system of real servers and ``badbuzz`` processes, as an operator would run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pyarrow.dataset as ds
import redis
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.serializer import Serializer
from pyarrow.fs import FileSelector, LocalFileSystem, S3FileSystem

from badbuzz.contracts.counters import build_totals_key
from badbuzz.contracts.scored_row import Totals
from badbuzz.system.child_process import bind_to_parent
from model_registry.store.registry import PRODUCTION, Registry
from tests.model_registry import tiny_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pyarrow as pa
    from pyarrow.fs import FileSystem

    from benchmarks.servers.broker import Broker

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 600
POLL_S = 0.1
PARTITIONS = 3


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {TIMEOUT_S} s: {what}"
        time.sleep(POLL_S)


class NullIfEmpty(Serializer):  # type: ignore[misc]  # kafka-python has no types
    """Serializes an empty value as null: kafka-python refuses a null without a key, which other clients can send."""

    def serialize(self, _topic: str, _headers: object, value: bytes) -> bytes | None:
        return value or None


@dataclass
class WorkerProcess:
    """A running ``badbuzz work``."""

    process: subprocess.Popen[bytes]
    log: Path
    health_port: int

    def ask(self, path: str) -> tuple[int, str]:
        """Return HTTP status and body; status 0 if there is no answer."""
        try:
            with urlopen(f"http://127.0.0.1:{self.health_port}{path}", timeout=10) as answer:
                return int(answer.status), answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def terminate(self) -> int:
        """Send SIGTERM and wait. Return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(TIMEOUT_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def output(self) -> str:
        return self.log.read_text()


@dataclass
class System:
    """A topic of three partitions, an empty Redis and a folder with a registry, for processes that are started on them.

    ``worker_settings`` override ``settings`` for workers. ``worker_module`` is the module that workers run; the fault harness
    uses an instrumented one.
    """

    broker: Broker
    topic: str
    dead_letter_topic: str
    redis_url: str
    folder: Path
    workers: list[WorkerProcess] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    worker_settings: dict[str, str] = field(default_factory=dict)
    worker_module: str = "badbuzz"
    partitions: int = PARTITIONS

    def __post_init__(self) -> None:
        registry = Registry.open(str(self.folder / "registry"))
        registry.promote(registry.register(tiny_model.draft()), PRODUCTION)
        (self.folder / "brands.yaml").write_text("- name: albatros\n  phrases: [albatros air]\n")
        self.settings = {
            "BADBUZZ_KAFKA__BOOTSTRAP": self.broker.bootstrap,
            "BADBUZZ_KAFKA__TOPIC": self.topic,
            "BADBUZZ_KAFKA__DEAD_LETTER_TOPIC": self.dead_letter_topic,
            "BADBUZZ_KAFKA__GROUP": f"group-{self.topic}",
            "BADBUZZ_KAFKA__SESSION_TIMEOUT_MS": "6000" if self.broker.is_apache else "2000",
            "BADBUZZ_REDIS__URL": self.redis_url,
            "BADBUZZ_SCORED__URL": "scored",
            "BADBUZZ_SCORED__FILE_ROWS": "200",
            "BADBUZZ_SCORED__FILE_SECONDS": "1",
            "BADBUZZ_REGISTRY__URL": "registry",
            "BADBUZZ_MODEL": f"tiny@{PRODUCTION}",
            "BADBUZZ_BRANDS": "brands.yaml",
            "BADBUZZ_START_PATIENCE_SECONDS": "0",
            "BADBUZZ_HEALTH__PORT": "0",  # the default port may be taken on this machine
        }

    # The topic

    def produce(
        self, values: Iterable[bytes | None], timestamp_ms: Callable[[], int | None] = lambda: None
    ) -> list[tuple[int, int]]:
        """Send to the partitions in turn, without keys. Return partition and offset of each record.

        ``timestamp_ms`` is called after each value is taken, and returns its time; None for now.
        """
        with KafkaProducer(
            bootstrap_servers=self.broker.bootstrap, linger_ms=5, value_serializer=NullIfEmpty()
        ) as producer:
            sent = [
                producer.send(
                    self.topic,
                    value=value or b"",
                    partition=number % self.partitions,
                    timestamp_ms=timestamp_ms(),
                )
                for number, value in enumerate(values)
            ]
            found = [record.get(TIMEOUT_S) for record in sent]
        return [(record.partition, record.offset) for record in found]

    def recreate_topic(self, configs: Mapping[str, str] | None = None) -> None:
        """Delete the topic, and create one of the same name."""
        with KafkaAdminClient(bootstrap_servers=self.broker.bootstrap) as admin:
            admin.delete_topics([self.topic])
            until(lambda: self.topic not in admin.list_topics(), "the topic is gone")
            topic = {"num_partitions": self.partitions, "replication_factor": 1, "configs": configs or {}}
            admin.create_topics({self.topic: topic}, wait_for_metadata=True)

    def add_partition(self) -> None:
        """Add a partition to the topic."""
        self.partitions += 1
        with KafkaAdminClient(bootstrap_servers=self.broker.bootstrap) as admin:
            admin.create_partitions({self.topic: self.partitions})

    # Processes

    def environment(self, **settings: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("BADBUZZ_")}
        return own | {"PYTHONPATH": str(ROOT)} | self.settings | settings

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run ``badbuzz …`` to its end."""
        return subprocess.run(  # noqa: S603 - ours
            [sys.executable, "-m", "badbuzz", *arguments],
            cwd=self.folder,
            env=self.environment(**settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )

    def start(self, *arguments: str, health_port: int = 0, **settings: str) -> WorkerProcess:
        """Start ``badbuzz work …``. ``close`` kills it if it still runs."""
        command = [sys.executable, "-m", self.worker_module, "work", "--health-port", str(health_port)]
        log = self.folder / f"worker-{len(self.workers)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - ours
                bind_to_parent([*command, *arguments]),
                cwd=self.folder,
                env=self.environment(**self.worker_settings | settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        worker = WorkerProcess(process, log, health_port)
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()

    # Results

    def verify(self) -> dict[str, Any]:
        """Return the report of ``badbuzz verify --complete``, which must be clean."""
        done = self.run("verify", "--complete", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        assert report["verdict"] == "clean"
        return report

    def counted(self) -> Totals:
        """Return the sum of the totals of all partitions in Redis."""
        totals = Totals()
        with redis.Redis.from_url(self.settings["BADBUZZ_REDIS__URL"]) as client:
            for partition in range(self.partitions):
                found: Any = client.hgetall(build_totals_key(self.topic, partition))
                totals += Totals(**{name.decode(): int(value) for name, value in found.items()})
        return totals

    def dead_letters(self) -> set[tuple[int, int]]:
        """Return the partition and offset of each dead letter's record, from its headers."""
        return set(self.list_dead_letters())

    def list_dead_letters(self) -> list[tuple[int, int]]:
        """Return the same, in the order of the letters: a letter that was sent twice is there twice."""
        topic = TopicPartition(self.dead_letter_topic, 0)
        with KafkaConsumer(bootstrap_servers=self.broker.bootstrap, auto_offset_reset="earliest") as consumer:
            consumer.assign([topic])
            end = consumer.end_offsets([topic])[topic]
            found: list[Any] = []
            while len(found) < end:
                found += consumer.poll(1_000).get(topic, [])
        headers = [dict(record.headers) for record in found]
        assert {header["__connect.errors.topic"].decode() for header in headers} <= {self.topic}
        return [
            (int(header["__connect.errors.partition"]), int(header["__connect.errors.offset"]))
            for header in headers
        ]

    def files(self) -> list[str]:
        """Return the names of the Parquet files, with the folder of their day."""
        files, scored = self.scored()
        found = files.get_file_info(FileSelector(scored, recursive=True, allow_not_found=True))
        names = [file.path.removeprefix(f"{scored}/") for file in found]
        return sorted(name for name in names if fnmatch(name, "dt=*/*.parquet"))

    def rows(self) -> pa.Table:
        """Return all rows of Parquet, as an analyst reads them."""
        files, scored = self.scored()
        return ds.dataset(scored, filesystem=files, partitioning="hive").to_table()

    def count_origins(self) -> int:
        """Return how many partitions have an origin. The chain must be in a local folder."""
        return sum(1 for _ in self.folder.rglob(f"{self.topic}-*.json"))

    def scored(self) -> tuple[FileSystem, str]:
        """Return the file system and folder of the Parquet files."""
        url = urlsplit(self.settings["BADBUZZ_SCORED__URL"])
        if url.scheme != "s3":
            return LocalFileSystem(), str(self.folder / url.path)
        endpoint = urlsplit(self.settings["AWS_ENDPOINT_URL"])
        files = S3FileSystem(
            access_key=self.settings["AWS_ACCESS_KEY_ID"],
            secret_key=self.settings["AWS_SECRET_ACCESS_KEY"],
            region=self.settings["AWS_REGION"],
            endpoint_override=endpoint.netloc,
            scheme=endpoint.scheme,
        )
        return files, url.netloc + url.path
