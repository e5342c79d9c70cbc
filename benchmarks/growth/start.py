"""How long a worker takes to start if there are many Parquet files."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.end_to_end.latency import Arrivals
from benchmarks.end_to_end.throughput import fill_topic
from benchmarks.growth.files import split_last_files
from benchmarks.load.records import PARTITIONS
from benchmarks.load.texts import make_texts
from benchmarks.load.topic import delete_topic, write_tweets
from benchmarks.servers.running import badbuzz, run

if TYPE_CHECKING:
    from benchmarks.report.figures import Json
    from benchmarks.servers.running import Servers

MORE_TWEETS = 1_000
ROWS_AT_LEAST = 2_000
SPARE = 1.2
"""Rows per file: each offset makes one file name, and keys are not spread quite evenly over partitions."""


def measure_start_with_files(servers: Servers, files: int) -> Json:
    """Score a topic, split the published files into that many, and start a worker on some more tweets.

    ``first_scored_s``: from exec to the first of them in the counters; ``files``: how many there were.
    """
    tweets = max(ROWS_AT_LEAST, int(files * SPARE))
    topic = fill_topic(servers, tweets)
    servers.forget_counters()
    settings = servers.settings(
        topic.name, BADBUZZ_SCORED__FILE_ROWS=str(tweets), BADBUZZ_SCORED__FILE_SECONDS="3600"
    )
    scored = settings["BADBUZZ_SCORED__URL"]
    try:
        run(settings, "work", "--until-drained", "--health-port", "0")
        if files > PARTITIONS:
            split_last_files(scored, topic.name, files)
        write_tweets(servers.bootstrap, topic.name, make_texts(), MORE_TWEETS)
        return {
            "files": _count(scored),
            "first_scored_s": _time_first_scored(servers, settings, topic.name, tweets),
        }
    finally:
        for folder in (scored, f"{scored}.chain"):
            shutil.rmtree(folder, ignore_errors=True)
        delete_topic(servers.bootstrap, topic.name)


def _time_first_scored(servers: Servers, settings: dict[str, str], topic: str, counted: int) -> float:
    began = time.perf_counter()
    worker = subprocess.Popen(badbuzz("work", "--health-port", "0"), env=settings)  # noqa: S603 - our own
    try:
        with Arrivals(servers.redis_url, topic) as arrivals:
            arrivals.await_counted(counted + 1)
            return time.perf_counter() - began
    finally:
        worker.terminate()
        worker.wait()


def _count(scored: str) -> int:
    return sum(1 for _ in Path(scored).glob("dt=*/*.parquet"))
