"""Sentry's arroyo: a pool of processes scores and stores batches of messages; offsets are committed in order afterwards.

The strategies and settings are those that its documentation recommends for CPU-bound work.
"""

from __future__ import annotations

import signal
import sys
import uuid
from functools import cache
from typing import TYPE_CHECKING

import orjson
import pyarrow.parquet as pq
import redis
from arroyo.backends.kafka import KafkaConsumer, KafkaPayload
from arroyo.backends.kafka.configuration import build_kafka_consumer_configuration
from arroyo.commit import IMMEDIATE
from arroyo.processing import StreamProcessor
from arroyo.processing.strategies import (
    BatchStep,
    CommitOffsets,
    ProcessingStrategy,
    ProcessingStrategyFactory,
    RunTaskWithMultiprocessing,
)
from arroyo.processing.strategies.run_task_with_multiprocessing import MultiprocessingPool
from arroyo.types import Commit, Message, Partition, Topic

from benchmarks.peers.consumer_group import run_until_committed
from benchmarks.peers.job import BATCH, PROCESSES, Job
from benchmarks.peers.scoring.sentiment import add_counts, count_tweets, open_sentiment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arroyo.processing.strategies.batching import ValuesBatch

BATCH_SECONDS = 1.0
"""Maximum time until a batch is closed."""

BLOCK_BYTES = 16 * 1024 * 1024
"""Shared memory of each batch that is passed to a process: 4,096 tweets have 1.5 MB."""


@cache
def _job() -> Job:
    return Job.from_arguments(sys.argv[2:])


@cache
def _counters() -> redis.Redis:
    return redis.Redis.from_url(_job().redis)


def load() -> None:
    """Load the model when a process of the pool starts."""
    open_sentiment(_job().model)


def score(message: Message[ValuesBatch[KafkaPayload]]) -> None:
    """Score one batch and write it to Parquet, then to Redis."""
    batch = message.payload
    _job().note_first_record()
    rows = open_sentiment(_job().model).make_rows(
        [orjson.loads(value.payload.value) for value in batch],
        [value.partition.index for value in batch],
        [value.offset for value in batch],
    )
    path = _job().out / f"{uuid.uuid4().hex}.parquet"
    unfinished = path.with_name(f"_{path.name}")
    pq.write_table(rows, unfinished, compression="zstd")
    unfinished.rename(path)
    add_counts(_counters(), count_tweets(rows, [int(value.timestamp.timestamp() * 1000) for value in batch]))


class Scoring(ProcessingStrategyFactory[KafkaPayload]):
    """Makes the processing steps of a message."""

    def __init__(self) -> None:
        self._pool = MultiprocessingPool(PROCESSES, initializer=load)

    def create_with_partitions(
        self, commit: Commit, _partitions: Mapping[Partition, int]
    ) -> ProcessingStrategy[KafkaPayload]:
        scored = RunTaskWithMultiprocessing(
            score,
            CommitOffsets(commit),
            max_batch_size=1,
            max_batch_time=BATCH_SECONDS,
            pool=self._pool,
            input_block_size=BLOCK_BYTES,
            output_block_size=BLOCK_BYTES,
        )
        return BatchStep(BATCH, BATCH_SECONDS, scored)

    def shutdown(self) -> None:
        self._pool.close()


def member(job: Job) -> None:
    configuration = build_kafka_consumer_configuration(
        {},
        bootstrap_servers=[job.bootstrap],
        auto_offset_reset="earliest",
        group_id=job.group,
        enable_auto_commit=False,
    )
    processor = StreamProcessor(KafkaConsumer(configuration), Topic(job.topic), Scoring(), IMMEDIATE)
    signal.signal(signal.SIGTERM, lambda *_: processor.signal_shutdown())
    processor.run()


if __name__ == "__main__":
    if sys.argv[1] == "--member":
        member(_job())
    else:
        run_until_committed("arroyo", Job.from_arguments(), processes=1)
