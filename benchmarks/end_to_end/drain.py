"""One run of real workers: from their start until all that waits in a topic is in both sinks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from benchmarks.end_to_end.watch import Watch
from benchmarks.ground.servers import badbuzz, run
from benchmarks.load.records import PARTITIONS

if TYPE_CHECKING:
    import resource
    from collections.abc import Sequence

    from benchmarks.ground.processes import Memory
    from benchmarks.ground.servers import Servers

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

    ``first_s``: from exec to the ``first`` tweets in the counters; ``working_s``: from then to the last Parquet file.
    ``first_cpu_s`` and ``cpu_s``: processor time of the workers until then, and from then on. ``held``: how many tweets
    were counted, and the largest worker's resident megabytes then. Redis's own statistics: calls of functions, and
    their microseconds.
    """

    tweets: int
    first: int
    first_s: float
    working_s: float
    first_cpu_s: float
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
        return self.worked / self.working_s

    @property
    def worked(self) -> int:
        """The tweets after the first; all of a topic that was one batch, though it tells little."""
        return self.tweets - self.first or self.tweets

    def figures(self) -> dict[str, float]:
        """What is reported of a run."""
        return {
            "tweets_per_second": self.tweets_per_second,
            "cpu_us_per_tweet": 1e6 * self.cpu_s / self.worked,
            "first_scored_s": self.first_s,
            "peak_mb": self.memory.peak,
            "peaks_mb": self.memory.peaks,
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
        watch = Watch(client, topic.name, topic.partitions, topic.tweets, worker.pid)
        try:
            _look_on(watch, worker, began_s)
        except BaseException:
            worker.kill()
            worker.wait()
            raise
        usage = _ended(worker)
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
        first_cpu_s=watch.first_cpu_s,
        cpu_s=usage.ru_utime + usage.ru_stime - watch.first_cpu_s,
        memory=watch.memory,
        held=watch.held,
        files=len(files),
        file_bytes=sum(file.st_size for file in files),
        redis_calls=calls,
        redis_us=us,
    )


def _look_on(watch: Watch, worker: subprocess.Popen[bytes], began_s: float) -> None:
    while not watch.done:
        time.sleep(watch.pause_s)
        watch.look(time.perf_counter() - began_s)
        if watch.stuck or worker.poll() is not None:
            raise SystemExit(
                f"{worker.args!r} ended or got nowhere: {watch.counted} of {watch.tweets} counted"
            )


def _ended(worker: subprocess.Popen[bytes]) -> resource.struct_rusage:
    """Let it drain; returns what it and the processes that it waited for took."""
    worker.send_signal(signal.SIGTERM)
    _, status, usage = os.wait4(worker.pid, 0)
    worker.returncode = os.waitstatus_to_exitcode(status)
    return usage
