"""Bytewax: Kafka's partitions over a cluster of two processes, mapped in batches, a stateless sink, recovery on.

Its last release was in November 2024; it has wheels for Python 3.8 to 3.12.
"""

from __future__ import annotations

import subprocess
import sys
import uuid
from typing import TYPE_CHECKING

import bytewax.operators as op
import orjson
import pyarrow.parquet as pq
import redis
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from badbuzz.embedded.loopback_port import LoopbackPort
from benchmarks.peers.job import BATCH, PROCESSES, Job
from benchmarks.peers.scoring.sentiment import Sentiment, add_counts, count_tweets
from benchmarks.peers.usage import PeerUsage

if TYPE_CHECKING:
    import pyarrow as pa
    from bytewax.connectors.kafka import KafkaSourceMessage

SNAPSHOT_SECONDS = 5
"""The work that is repeated after a crash. Quix Streams commits as often."""

Scored = tuple["pa.Table", list[int]]
"""Rows and their Kafka timestamps."""


class Sinks(DynamicSink[Scored]):
    """Parquet and Redis, for each worker."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def build(self, _step_id: str, _worker: int, _workers: int) -> SinksOfOne:
        return SinksOfOne(self._job)


class SinksOfOne(StatelessSinkPartition[Scored]):
    """The sinks of one worker."""

    def __init__(self, job: Job) -> None:
        self._out = job.out
        self._counters = redis.Redis.from_url(job.redis)

    def write_batch(self, items: list[Scored]) -> None:
        for rows, timestamps in items:
            path = self._out / f"{uuid.uuid4().hex}.parquet"
            unfinished = path.with_name(f"_{path.name}")
            pq.write_table(rows, unfinished, compression="zstd")
            unfinished.rename(path)
            add_counts(self._counters, count_tweets(rows, timestamps))


def make_flow(*arguments: str) -> Dataflow:
    """Return the dataflow of a job, which is given like on the command line."""
    job = Job.from_arguments(arguments)
    sentiment = Sentiment(job.model)

    def score(messages: list[KafkaSourceMessage[bytes, bytes]]) -> list[Scored]:
        job.note_first_record()
        rows = sentiment.make_rows(
            [orjson.loads(message.value) for message in messages],
            [message.partition for message in messages],
            [message.offset for message in messages],
        )
        return [(rows, [message.timestamp[1] for message in messages])]

    dataflow = Dataflow("badbuzz")
    source = KafkaSource([job.bootstrap], [job.topic], tail=False, batch_size=BATCH)
    tweets = op.input("tweets", dataflow, source)
    op.output("sinks", op.flat_map_batch("score", tweets, score), Sinks(job))
    return dataflow


def main() -> None:
    job, usage = Job.from_arguments(), PeerUsage()
    recovery = job.out / "_recovery"
    if not recovery.exists():
        recovery.mkdir(parents=True)
        command = [sys.executable, "-m", "bytewax.recovery", str(recovery), str(PROCESSES)]
        subprocess.run(command, check=True)  # noqa: S603 - fixed
    ports = [LoopbackPort() for _ in range(PROCESSES)]
    addresses = ";".join(port.address for port in ports)
    for port in ports:
        port.release()
    described = f"benchmarks.peers.programs.bytewax:make_flow({', '.join(map(repr, job.arguments()))})"
    options = ["-r", str(recovery), "-s", str(SNAPSHOT_SECONDS), "-b", "0", "-a", addresses]
    command = [sys.executable, "-m", "bytewax.run", described, *options]
    members = [subprocess.Popen([*command, "-i", str(number)]) for number in range(PROCESSES)]  # noqa: S603 - our own
    codes = [member.wait() for member in members]
    if any(codes):
        raise SystemExit(f"bytewax: ended with {codes}")
    usage.report("bytewax", job)


if __name__ == "__main__":
    main()
