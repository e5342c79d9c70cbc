"""The stage that benchmarks share: servers, the shipped model, topics full of tweets, and ways to run the real commands."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from badbuzz.embedded import EmbeddedValkey
from badbuzz.storage import open_store
from model_registry.bundled import ensure_bundled
from model_registry.registry import Registry
from tests.servers.choice import open_broker

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = Path(__file__).parents[1] / "badbuzz" / "data" / "sample.csv"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took. ``peak_mb``: of the largest of its processes."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Bench:
    """A running stage."""

    folder: Path
    bootstrap: str
    broker: str
    redis_url: str

    def describe(self) -> None:
        model = next(
            (line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")),
            platform.processor(),
        )
        print(f"{os.cpu_count()} × {model}, Python {platform.python_version()}, broker: {self.broker}")

    def environment(self, topic: str, **settings: str) -> dict[str, str]:
        """Settings of the commands for one topic."""
        return {
            **os.environ,
            "BADBUZZ_KAFKA__BOOTSTRAP": self.bootstrap,
            "BADBUZZ_KAFKA__TOPIC": topic,
            "BADBUZZ_KAFKA__GROUP": f"{topic}-{uuid.uuid4().hex[:8]}",
            "BADBUZZ_KAFKA__DEAD_LETTER_TOPIC": f"{topic}.dlq",
            "BADBUZZ_REDIS__URL": self.redis_url,
            "BADBUZZ_SCORED__URL": str(self.folder / uuid.uuid4().hex),
            "BADBUZZ_REGISTRY__URL": str(self.folder / "registry"),
            "BADBUZZ_BRANDS": str(SAMPLE.with_name("brands.yaml")),
            **settings,
        }

    def forget_counters(self) -> None:
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushdb()


def badbuzz(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "badbuzz", *arguments]


def run(environment: dict[str, str], *arguments: str) -> Usage:
    """Run one command to its end."""
    started = time.perf_counter()
    process = subprocess.Popen(badbuzz(*arguments), env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    _, status, usage = os.wait4(process.pid, 0)  # of this command and what it waited for, of nothing else
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"badbuzz {' '.join(arguments)} ended with {process.returncode}")
    return Usage(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


@contextmanager
def servers(folder: Path) -> Iterator[Bench]:
    """Start a broker as the tests do, and Valkey; import the shipped model."""
    with open_broker() as broker, EmbeddedValkey() as valkey:
        ensure_bundled(Registry(open_store(str(folder / "registry"))))
        yield Bench(folder, broker.bootstrap, broker.kind, valkey.url)


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
