"""The environment of every exercise: Apache Kafka, Valkey, a topic, and workers with the bundled model."""

from __future__ import annotations

import re
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, Any

import pyarrow.dataset as ds
import redis
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from pyarrow.fs import FileSelector

from badbuzz.contracts.counters import build_totals_key
from badbuzz.contracts.scored_row import Totals
from benchmarks.servers.broker import Broker
from benchmarks.servers.kafka import ApacheKafka
from model_registry.bundled import ensure_bundled
from model_registry.store.registry import Registry
from tests.worker.system import ROOT, TIMEOUT_S, System
from tests.worker.valkey import open_valkey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

TOPIC = "endurance"
LETTERS = f"{TOPIC}.dlq"
STALL_TIMEOUT_S = 3 * TIMEOUT_S
"""How long there may be no progress, for example while several workers start at once on a busy machine."""
POLL_S = 0.2


class StuckError(Exception):
    """There was no progress for too long."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Running servers, a topic, and a system whose workers have the default settings."""

    system: System
    folder: Path
    partitions: int

    def counted(self) -> int:
        """Return how many records Redis has counted, as rows or as rejected."""
        with redis.Redis.from_url(self.system.redis_url) as client:
            pipeline = client.pipeline(transaction=False)
            for partition in range(self.partitions):
                pipeline.hgetall(build_totals_key(TOPIC, partition))
            found = [_totals(entry) for entry in pipeline.execute()]
        return sum(totals.rows + totals.rejected for totals in found)

    def rows(self, *columns: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of Parquet, as an analyst reads them."""
        files, scored = self.system.scored()
        found = ds.dataset(scored, filesystem=files, partitioning="hive")
        yield from found.to_batches(columns=list(columns))

    def file_bytes(self) -> float:
        """Return the mean size of a file."""
        files, scored = self.system.scored()
        found = files.get_file_info(FileSelector(scored, recursive=True))
        return mean(int(file.size) for file in found if file.path.endswith(".parquet"))

    def end_offsets(self) -> dict[int, int]:
        """Return the end offset of each partition of the topic."""
        with KafkaConsumer(bootstrap_servers=self.system.broker.bootstrap) as consumer:
            found = consumer.end_offsets([TopicPartition(TOPIC, number) for number in range(self.partitions)])
        return {place.partition: offset for place, offset in found.items()}

    def committed(self) -> dict[int, int | None]:
        """Return the committed offset of each partition."""
        group = self.system.settings["BADBUZZ_KAFKA__GROUP"]
        with KafkaConsumer(bootstrap_servers=self.system.broker.bootstrap, group_id=group) as consumer:
            return {
                number: consumer.committed(TopicPartition(TOPIC, number)) for number in range(self.partitions)
            }

    def generation(self) -> int:
        """Return the group's generation from the broker's log; each rebalance adds one."""
        log = (self.folder / "kafka" / "kafka.log").read_text()
        group = re.escape(self.system.settings["BADBUZZ_KAFKA__GROUP"])
        return max(map(int, re.findall(rf"Stabilized group {group} generation (\d+)", log)), default=0)

    def await_counted(self, records: int) -> None:
        """Wait until ``records`` are counted.

        :raises StuckError: if none was counted for longer than a recovery takes.
        """
        before, moved = -1, time.monotonic()
        while (counted := self.counted()) < records:
            if counted != before:
                before, moved = counted, time.monotonic()
            if time.monotonic() - moved > STALL_TIMEOUT_S:
                raise StuckError(f"{counted} of {records} counted, and no more for {STALL_TIMEOUT_S} s")
            time.sleep(POLL_S)


@contextmanager
def open_environment(folder: Path, partitions: int, settings: dict[str, str]) -> Iterator[Environment]:
    """Start the servers. They and the workers end with the environment; their files stay in ``folder``.

    :raises JarsMissingError: if Apache Kafka cannot run here.
    """
    for name in ("valkey", "work"):
        (folder / name).mkdir()
    with ApacheKafka(folder / "kafka") as kafka, open_valkey(folder / "valkey") as valkey:
        with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
            topics = {TOPIC: {"num_partitions": partitions, "replication_factor": 1}}
            topics[LETTERS] = {"num_partitions": 1, "replication_factor": 1}
            admin.create_topics(topics, wait_for_metadata=True)
        system = System(Broker(kafka.bootstrap, "maven"), TOPIC, LETTERS, valkey.url, folder / "work")
        ensure_bundled(Registry.open(str(system.folder / "registry")))
        system.settings = _use_defaults(system.settings) | settings
        with closing(system):
            yield Environment(system, folder, partitions)


def _use_defaults(settings: Mapping[str, str]) -> dict[str, str]:
    """Keep addresses and names; use defaults for sizes, times and the model."""
    tuned = ("BADBUZZ_MODEL", "BADBUZZ_SCORED__FILE_", "BADBUZZ_KAFKA__SESSION_")
    shipped = {name: value for name, value in settings.items() if not name.startswith(tuned)}
    return shipped | {
        "BADBUZZ_BRANDS": str(ROOT / "badbuzz" / "data" / "brands.yaml"),
        "BADBUZZ_START_STALL_TIMEOUT_SECONDS": str(TIMEOUT_S),
    }


def log_progress(line: str) -> None:
    """Print a line to stderr."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def _totals(found: Mapping[bytes, bytes]) -> Totals:
    values: dict[str, Any] = {name.decode(): int(value) for name, value in found.items()}
    return Totals(**values)
