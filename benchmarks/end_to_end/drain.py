"""One run of real workers, from their start until the whole topic is in both sinks."""

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

from benchmarks.end_to_end.monitor import WorkerMonitor
from benchmarks.load.records import PARTITIONS
from benchmarks.servers.running import badbuzz, run

if TYPE_CHECKING:
    import resource
    from collections.abc import Sequence

    from benchmarks.harness.processes import ProcessMemory
    from benchmarks.servers.running import Servers

_SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class FilledTopic:
    """A topic that was filled."""

    name: str
    tweets: int
    partitions: int = PARTITIONS


@dataclass(frozen=True, slots=True)
class DrainResult:
    """The measurements of one run.

    ``first_s``: from exec to the ``first`` tweets in the counters; ``working_s``: from then to the last Parquet file.
    ``first_cpu_s`` and ``cpu_s``: processor time of the workers until then, and after. ``held``: tweets counted, and the
    largest worker's resident megabytes at that moment. ``redis_calls`` and ``redis_us`` are Redis's own statistics of
    function calls.
    """

    tweets: int
    first: int
    first_s: float
    working_s: float
    first_cpu_s: float
    cpu_s: float
    memory: ProcessMemory
    held: list[tuple[int, float]]
    files: int
    file_bytes: int
    redis_calls: int
    redis_us: int

    @property
    def tweets_per_second(self) -> float:
        """Of the time in which the workers worked."""
        return self.worked / self.working_s

    @property
    def worked(self) -> int:
        """The tweets after the first ones; all of them if the topic was one batch."""
        return self.tweets - self.first or self.tweets

    def to_figures(self) -> dict[str, float]:
        """Return what the report has of a run."""
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


def drain(servers: Servers, topic: FilledTopic, processes: int = 1, **settings: str) -> DrainResult:
    """Run workers on the topic from its beginning until all is counted, stop them by SIGTERM, and verify the outputs.

    :raises SystemExit: if they end early or make no progress, or if verification fails.
    """
    servers.forget_counters()
    chosen = servers.settings(topic.name, **settings)
    scored = Path(chosen["BADBUZZ_SCORED__URL"])
    command = badbuzz("work", "--processes", str(processes), "--health-port", "0")
    try:
        found = _run_workers(servers, topic, command, chosen, scored)
        run(chosen, "verify", "--complete")
    finally:
        for folder in (scored, f"{scored}.chain"):
            shutil.rmtree(folder, ignore_errors=True)
    return found


def _run_workers(
    servers: Servers, topic: FilledTopic, command: Sequence[str], settings: dict[str, str], scored: Path
) -> DrainResult:
    log = servers.folder / "worker.log"
    with log.open("wb") as output, redis.Redis.from_url(servers.redis_url) as client:
        began, began_s = time.time(), time.perf_counter()
        worker = subprocess.Popen(command, env=settings, stdout=output, stderr=output)  # noqa: S603 - our own
        monitor = WorkerMonitor(client, topic.name, topic.partitions, topic.tweets, worker.pid)
        try:
            _wait_until_done(monitor, worker, began_s)
        except BaseException:
            worker.kill()
            worker.wait()
            raise
        usage = _stop(worker)
    if worker.returncode:
        raise SystemExit(f"{command} ended with {worker.returncode}: {log.read_text()[-_SHOWN:]}")
    files = [path.stat() for path in scored.glob("dt=*/*.parquet")]
    published = max(file.st_mtime for file in files) - began
    calls, us = servers.count_function_calls()
    return DrainResult(
        tweets=topic.tweets,
        first=monitor.first,
        first_s=monitor.first_s,
        working_s=max(published, monitor.at_s) - monitor.first_s,
        first_cpu_s=monitor.first_cpu_s,
        cpu_s=usage.ru_utime + usage.ru_stime - monitor.first_cpu_s,
        memory=monitor.memory,
        held=monitor.held,
        files=len(files),
        file_bytes=sum(file.st_size for file in files),
        redis_calls=calls,
        redis_us=us,
    )


def _wait_until_done(monitor: WorkerMonitor, worker: subprocess.Popen[bytes], began_s: float) -> None:
    while not monitor.is_done:
        time.sleep(monitor.pause_s)
        monitor.sample(time.perf_counter() - began_s)
        if monitor.is_stuck or worker.poll() is not None:
            raise SystemExit(
                f"{worker.args!r} ended early or made no progress: {monitor.counted} of {monitor.tweets} counted"
            )


def _stop(worker: subprocess.Popen[bytes]) -> resource.struct_rusage:
    """Stop the worker; return what it and the processes that it waited for used."""
    worker.send_signal(signal.SIGTERM)
    _, status, usage = os.wait4(worker.pid, 0)
    worker.returncode = os.waitstatus_to_exitcode(status)
    return usage
