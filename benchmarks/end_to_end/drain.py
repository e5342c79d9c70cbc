"""One run of real workers: from their start until all that waits in a topic is in both sinks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis

from badbuzz.counters import totals_key
from benchmarks.ground.processes import Memory, cpu_seconds, memory
from benchmarks.ground.servers import badbuzz, run
from benchmarks.load.topic import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.ground.servers import Servers

STUCK_S = 300.0
LOOK_BEFORE_FIRST_S = 0.01
LOOK_S = 0.1
MEMORY_EVERY_S = 0.5
_SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that is full."""

    name: str
    tweets: int
    partitions: int = PARTITIONS


@dataclass(frozen=True, slots=True)
class Drained:
    """What a run took.

    ``first_s``: from exec to the first tweets in the counters; ``working_s``: from then to the last Parquet file (all tweets
    but the ``first`` ones). ``cpu_s``: of the workers, while they worked. ``held``: how many tweets were counted and the
    largest worker's resident megabytes then. Redis's own statistics: calls of functions, and their microseconds.
    """

    tweets: int
    first: int
    first_s: float
    working_s: float
    cpu_s: float
    memory: Memory
    held: list[tuple[int, float]]
    files: int
    file_bytes: int
    redis_calls: int
    redis_us: int

    @property
    def tweets_per_second(self) -> float:
        """While they worked."""
        return (self.tweets - self.first) / self.working_s

    def figures(self) -> dict[str, float]:
        """What is reported of a run."""
        return {
            "tweets_per_second": self.tweets_per_second,
            "cpu_us_per_tweet": 1e6 * self.cpu_s / (self.tweets - self.first),
            "first_scored_s": self.first_s,
            "peak_mb": self.memory.peak,
            "together_mb": self.memory.together,
            "files": self.files,
            "bytes_per_tweet": self.file_bytes / self.tweets,
            "redis_calls": self.redis_calls,
            "redis_us_per_call": self.redis_us / self.redis_calls,
        }


def drain(servers: Servers, topic: Topic, processes: int = 1, **settings: str) -> Drained:
    """Run workers on the topic, from its beginning, until all is counted; then let them drain, and prove what they did.

    :raises SystemExit: if they end or get nowhere, or if the proof fails.
    """
    servers.forget_counters()
    chosen = servers.settings(topic.name, **settings)
    scored = Path(chosen["BADBUZZ_SCORED__URL"])
    command = badbuzz("work", "--processes", str(processes), "--health-port", "0")
    try:
        found = _watched(servers, topic, command, chosen, scored)
        run(chosen, "verify", "--complete")
    finally:
        shutil.rmtree(scored, ignore_errors=True)
    return found


def _watched(
    servers: Servers, topic: Topic, command: Sequence[str], settings: dict[str, str], scored: Path
) -> Drained:
    log = servers.folder / "worker.log"
    with log.open("wb") as output, redis.Redis.from_url(servers.redis_url) as client:
        began, began_s = time.time(), time.perf_counter()
        worker = subprocess.Popen(command, env=settings, stdout=output, stderr=output)  # noqa: S603 - our own
        watch = _Watch(client, topic, worker.pid)
        try:
            while not watch.done:
                time.sleep(LOOK_S if watch.first else LOOK_BEFORE_FIRST_S)
                watch.look(time.perf_counter() - began_s)
                if worker.poll() is not None or watch.stuck:
                    raise SystemExit(f"{command} got nowhere: {log.read_text()[-_SHOWN:]}")
        except BaseException:
            worker.kill()
            worker.wait()
            raise
        worker.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(worker.pid, 0)  # of this command and what it waited for, of nothing else
        worker.returncode = os.waitstatus_to_exitcode(status)
    if worker.returncode:
        raise SystemExit(f"{command} ended with {worker.returncode}: {log.read_text()[-_SHOWN:]}")
    files = [path.stat() for path in scored.glob("dt=*/*.parquet")]
    published = max(file.st_mtime for file in files) - began
    calls, us = servers.function_calls()
    return Drained(
        tweets=topic.tweets,
        first=watch.first,
        first_s=watch.first_s,
        working_s=max(published, watch.at_s) - watch.first_s,
        cpu_s=usage.ru_utime + usage.ru_stime - watch.first_cpu_s,
        memory=watch.memory,
        held=watch.held,
        files=len(files),
        file_bytes=sum(file.st_size for file in files),
        redis_calls=calls,
        redis_us=us,
    )


@dataclass(slots=True)
class _Watch:
    """What is seen of workers from outside."""

    client: redis.Redis
    topic: Topic
    pid: int
    at_s: float = 0.0
    counted: int = 0
    moved_s: float = 0.0
    first: int = 0
    first_s: float = 0.0
    first_cpu_s: float = 0.0
    memory: Memory = field(default_factory=Memory)
    held: list[tuple[int, float]] = field(default_factory=list)
    memory_due_s: float = 0.0

    @property
    def done(self) -> bool:
        return self.counted >= self.topic.tweets

    @property
    def stuck(self) -> bool:
        return self.at_s - self.moved_s > STUCK_S

    def look(self, now_s: float) -> None:
        self.at_s = now_s
        counted = self._count()
        if counted > self.counted:
            self.counted, self.moved_s = counted, now_s
        if counted and not self.first:
            self.first, self.first_s, self.first_cpu_s = counted, now_s, cpu_seconds(self.pid)
        if self.done or (self.first and now_s >= self.memory_due_s):
            self.memory_due_s = now_s + MEMORY_EVERY_S
            self._weigh()

    def _count(self) -> int:
        pipeline = self.client.pipeline(transaction=False)
        for partition in range(self.topic.partitions):
            pipeline.hmget(totals_key(self.topic.name, partition), "rows", "rejected")
        found: list[Any] = pipeline.execute()
        return sum(int(value or 0) for values in found for value in values)

    def _weigh(self) -> None:
        now = memory(self.pid)
        self.held.append((self.counted, now.resident))
        self.memory = Memory(
            max(now.resident, self.memory.resident),
            max(now.peak, self.memory.peak),
            max(now.together, self.memory.together),
        )
