"""The servers of a benchmark run: broker, Redis, a registry with the shipped model; and product commands on them."""

from __future__ import annotations

import subprocess
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import redis

from badbuzz.clients.storage import open_store
from badbuzz.embedded.valkey import run_valkey
from benchmarks.harness.machine import ROOT
from benchmarks.harness.model import NAME
from benchmarks.harness.subprocesses import environment
from benchmarks.servers.broker import open_broker
from model_registry.bundled import ensure_bundled
from model_registry.store.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BRANDS = ROOT / "badbuzz" / "data" / "brands.yaml"


@dataclass(frozen=True, slots=True)
class Servers:
    """The addresses. ``data``: a file of tweets, or None for composed ones."""

    folder: Path
    bootstrap: str
    broker: str
    redis_url: str
    data: Path | None = None

    def settings(self, topic: str, **more: str) -> dict[str, str]:
        """Return the environment of a command on this topic, with a new group and a new folder of scored rows."""
        own = {
            "BADBUZZ_KAFKA__BOOTSTRAP": self.bootstrap,
            "BADBUZZ_KAFKA__TOPIC": topic,
            "BADBUZZ_KAFKA__GROUP": f"{topic}-{uuid.uuid4().hex[:8]}",
            "BADBUZZ_KAFKA__DEAD_LETTER_TOPIC": f"{topic}.dlq",
            "BADBUZZ_REDIS__URL": self.redis_url,
            "BADBUZZ_SCORED__URL": str(self.folder / "scored" / uuid.uuid4().hex),
            "BADBUZZ_REGISTRY__URL": str(self.folder / "registry"),
            "BADBUZZ_BRANDS": str(BRANDS),
            "BADBUZZ_MODEL": f"{NAME}@production",
        }
        return environment(**own | more)

    def forget_counters(self) -> None:
        """Empty Redis and reset its command statistics."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushdb()
            client.config_resetstat()

    def count_function_calls(self) -> tuple[int, int]:
        """Return the function calls since Redis was emptied, and their microseconds."""
        with redis.Redis.from_url(self.redis_url) as client:
            found: Any = client.info("commandstats")
        calls = found.get("cmdstat_fcall", {"calls": 0, "usec": 0})
        return int(calls["calls"]), int(calls["usec"])


@contextmanager
def open_servers(folder: Path, data: Path | None = None) -> Iterator[Servers]:
    """Start a broker and Valkey, and register the shipped model."""
    with open_broker() as broker, run_valkey() as redis_url:
        ensure_bundled(Registry(open_store(str(folder / "registry"))))
        yield Servers(folder, broker.bootstrap, broker.kind, redis_url, data)


def badbuzz(*arguments: str) -> list[str]:
    """Return a command line of the product."""
    return [sys.executable, "-m", "badbuzz", *arguments]


def run(settings: dict[str, str], *arguments: str) -> None:
    """Run one command to its end."""
    done = subprocess.run(  # noqa: S603 - our own
        badbuzz(*arguments), env=settings, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"badbuzz {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
