"""PyFlink: tables from Kafka to Parquet with a vectorised Python function, checkpoints on; counters as an upsert of totals.

PyFlink has no Redis connector. The totals of each brand and minute are in Flink's state and are *set* in Redis when they
change, so that a repeated part of the stream ends with the same numbers.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import redis
from pyflink.common import Configuration, Row, RowKind
from pyflink.datastream import MapFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.table import DataTypes, ScalarFunction, StreamTableEnvironment
from pyflink.table.udf import udf

from benchmarks.peers.jars import fetch_jars
from benchmarks.peers.job import BATCH, PROCESSES, Job
from benchmarks.peers.scoring.sentiment import open_sentiment
from benchmarks.peers.usage import PeerUsage

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

SETTINGS: Mapping[str, str] = {
    "parallelism.default": str(PROCESSES),
    "rest.address": "127.0.0.1",
    "rest.bind-address": "127.0.0.1",
    "execution.checkpointing.interval": "10 s",
    "execution.checkpointing.mode": "EXACTLY_ONCE",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "3",
    "python.fn-execution.arrow.batch.size": str(BATCH),
    "python.fn-execution.bundle.size": str(2 * BATCH),
    "table.exec.mini-batch.enabled": "true",
    "table.exec.mini-batch.allow-latency": "1 s",
    "table.exec.mini-batch.size": "50000",
}
"""The settings that its guides recommend for throughput: large bundles of Arrow batches, aggregation in mini-batches."""

SCORED = DataTypes.ROW(
    [
        DataTypes.FIELD("id", DataTypes.STRING()),
        DataTypes.FIELD("text", DataTypes.STRING()),
        DataTypes.FIELD("score", DataTypes.FLOAT()),
        DataTypes.FIELD("label", DataTypes.STRING()),
        DataTypes.FIELD("brands", DataTypes.ARRAY(DataTypes.STRING())),
        DataTypes.FIELD("partition", DataTypes.INT()),
        DataTypes.FIELD("offset", DataTypes.BIGINT()),
        DataTypes.FIELD("minute", DataTypes.BIGINT()),
    ]
)


class Score(ScalarFunction):
    """Maps pandas frames of whole rows."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def eval(self, tweets: pd.DataFrame) -> pd.DataFrame:
        self._job.note_first_record()
        sentiment = open_sentiment(self._job.model)
        texts = pa.array(tweets["text"], pa.string())
        scores = sentiment.score(texts)
        tweets.insert(2, "score", scores)
        tweets.insert(3, "label", sentiment.label(scores).to_pandas())
        tweets.insert(4, "brands", sentiment.find_brands(texts).to_pylist())
        return tweets


class SetTotals(MapFunction):
    """Writes each new total of a brand's minute."""

    def __init__(self, address: str) -> None:
        self._address = address

    def open(self, _context: RuntimeContext) -> None:
        self._client = redis.Redis.from_url(self._address)

    def map(self, total: Row) -> int:
        if total.get_row_kind() in {RowKind.INSERT, RowKind.UPDATE_AFTER}:
            brand, minute, tweets, negative = total
            self._client.hset(f"peer:{brand}:{minute}", mapping={"tweets": tweets, "negative": negative})
        return 0


def environment(job: Job) -> StreamExecutionEnvironment:
    checkpoints = job.out.absolute() / "_checkpoints"
    settings = {
        **SETTINGS,
        "execution.checkpointing.dir": checkpoints.as_uri(),
        "pipeline.jars": ";".join(path.absolute().as_uri() for path in fetch_jars("flink")),
        "python.executable": sys.executable,
        "python.client.executable": sys.executable,
    }
    if finished := sorted(checkpoints.glob("*/chk-*/_metadata"), key=lambda path: path.stat().st_mtime):
        settings["execution.state-recovery.path"] = finished[-1].parent.as_uri()
    configuration = Configuration()
    for key, value in settings.items():
        configuration.set_string(key, value)
    return StreamExecutionEnvironment.get_execution_environment(configuration)


def describe(tables: StreamTableEnvironment, job: Job) -> None:
    tables.execute_sql(f"""
        CREATE TABLE tweets (
            `id` STRING,
            `text` STRING,
            `partition` INT METADATA VIRTUAL,
            `offset` BIGINT METADATA VIRTUAL,
            `timestamp` TIMESTAMP_LTZ(3) METADATA VIRTUAL
        ) WITH (
            'connector' = 'kafka',
            'topic' = '{job.topic}',
            'properties.bootstrap.servers' = '{job.bootstrap}',
            'properties.group.id' = '{job.group}',
            'scan.startup.mode' = 'earliest-offset',
            'scan.bounded.mode' = 'latest-offset',
            'format' = 'json'
        )""")
    tables.execute_sql(f"""
        CREATE TABLE stored (
            `id` STRING, `text` STRING, `score` FLOAT, `label` STRING, `brands` ARRAY<STRING>,
            `partition` INT, `offset` BIGINT
        ) WITH (
            'connector' = 'filesystem',
            'path' = '{job.out.absolute().as_uri()}',
            'format' = 'parquet',
            'parquet.compression' = 'ZSTD'
        )""")


def main() -> None:
    job, usage = Job.from_arguments(), PeerUsage()
    stream = environment(job)
    tables = StreamTableEnvironment.create(stream)
    describe(tables, job)
    tweets = tables.sql_query(
        "SELECT id, text, `partition`, `offset`, "
        "TIMESTAMPDIFF(MINUTE, TO_TIMESTAMP_LTZ(0, 3), `timestamp`) AS `minute` FROM tweets"
    )
    scored = tweets.map(udf(Score(job), result_type=SCORED, func_type="pandas"))
    # As a stream, so that both sinks read the same one: two tables would score everything twice.
    scored = tables.from_data_stream(tables.to_data_stream(scored))
    tables.create_temporary_view("scored", scored)

    statements = tables.create_statement_set()
    statements.add_insert_sql(
        "INSERT INTO stored SELECT id, text, score, label, brands, `partition`, `offset` FROM scored"
    )
    statements.attach_as_datastream()
    totals = tables.sql_query("""
        SELECT brand, `minute`, COUNT(*), SUM(CASE WHEN label = 'NEGATIVE' THEN 1 ELSE 0 END)
        FROM scored CROSS JOIN UNNEST(ARRAY_CONCAT(ARRAY['all'], brands)) AS named (brand)
        GROUP BY brand, `minute`""")
    tables.to_changelog_stream(totals).map(SetTotals(job.redis))
    stream.execute("badbuzz")
    usage.report("flink", job)


if __name__ == "__main__":
    main()
