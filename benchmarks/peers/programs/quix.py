"""Quix Streams: a dataframe over the topic, and a custom batching sink that scores the records of a checkpoint.

``StreamingDataFrame.apply`` would call the model for one tweet at a time; the library's interface for batches is a batching
sink. Two processes of one consumer group, as its documentation recommends for scaling.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import redis
from quixstreams import Application
from quixstreams.sinks import BatchingSink

from benchmarks.peers.consumer_group import run_until_committed
from benchmarks.peers.job import BATCH, PROCESSES, Job
from benchmarks.peers.scoring.sentiment import Sentiment, add_counts, count_tweets

if TYPE_CHECKING:
    from quixstreams.sinks import SinkBatch

PARTITIONS = 12
COMMIT_EVERY = BATCH * PARTITIONS // PROCESSES
"""Messages per checkpoint: about one batch for each of a process's partitions."""


class ScoringSink(BatchingSink):
    """Scores a partition's records of a checkpoint and writes them to Parquet, then to Redis.

    Records repeated after a crash begin where the last checkpoint ended, so they overwrite the same file.
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def setup(self) -> None:
        self._sentiment = Sentiment(self._job.model)
        self._counters = redis.Redis.from_url(self._job.redis)
        self._job.out.mkdir(parents=True, exist_ok=True)

    def write(self, batch: SinkBatch) -> None:
        self._job.note_first_record()
        rows = self._sentiment.make_rows(
            [item.value for item in batch],
            [batch.partition] * batch.size,
            [item.offset for item in batch],
        )
        path = self._job.out / f"{batch.partition}-{batch.start_offset}.parquet"
        unfinished = path.with_name(f"_{path.name}")
        pq.write_table(rows, unfinished, compression="zstd")
        unfinished.rename(path)
        add_counts(self._counters, count_tweets(rows, [item.timestamp for item in batch]))


def member(job: Job) -> None:
    app = Application(
        broker_address=job.bootstrap,
        consumer_group=job.group,
        auto_offset_reset="earliest",
        commit_every=COMMIT_EVERY,
        loglevel="WARNING",
    )
    tweets = app.dataframe(app.topic(job.topic, value_deserializer="json"))
    tweets.sink(ScoringSink(job))
    app.run()


if __name__ == "__main__":
    if sys.argv[1] == "--member":
        member(Job.from_arguments(sys.argv[2:]))
    else:
        run_until_committed("quix", Job.from_arguments(), PROCESSES)
