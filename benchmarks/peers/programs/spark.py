"""PySpark Structured Streaming: Kafka source, a pandas UDF, ``foreachBatch`` into both sinks.

The settings are those of its guides for one machine of two cores. As its guide to ``foreachBatch`` recommends, the batch's
number makes both writes repeatable: Parquet overwrites the batch's folder, Redis skips a batch that it has.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator  # noqa: TC003 - Spark reads the UDF's annotations
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import redis
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql
from pyspark.sql.functions import pandas_udf

from benchmarks.peers.jars import fetch_jars
from benchmarks.peers.job import BATCH, PROCESSES, Job
from benchmarks.peers.scoring.sentiment import add_counts, open_sentiment
from benchmarks.peers.usage import PeerUsage

if TYPE_CHECKING:
    from collections.abc import Callable

RECORDS_A_TRIGGER = 100_000
"""Each micro-batch costs about a second for its plan, its checkpoint and its jobs."""

DRIVER_MEMORY = "1g"
TWEET = "id STRING, text STRING"
OPINION = "score FLOAT, label STRING, brands ARRAY<STRING>"


def opinion(job: Job, texts: sql.Column) -> sql.Column:
    """Apply a UDF that maps Arrow batches of texts to scores, labels and brands."""

    @pandas_udf(OPINION)
    def score(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        job.note_first_record()
        model = open_sentiment(job.model)
        for batch in batches:
            texts = pa.array(batch, pa.string())
            scores = model.score(texts)
            yield pd.DataFrame(
                {
                    "score": scores,
                    "label": model.label(scores).to_pandas(),
                    "brands": model.find_brands(texts).to_pandas(),
                }
            )

    return score(texts)


def session() -> SparkSession:
    os.environ["PYSPARK_PYTHON"] = sys.executable  # by default its workers use the first python3 of the PATH
    return (
        SparkSession.builder.master(f"local[{PROCESSES}]")
        .appName("badbuzz")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.jars", ",".join(str(path) for path in fetch_jars("spark")))
        .config("spark.driver.memory", DRIVER_MEMORY)
        .config("spark.sql.shuffle.partitions", PROCESSES)
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", BATCH)
        .config("spark.sql.parquet.compression.codec", "zstd")
        .config("spark.ui.enabled", value=False)
        .config("spark.ui.showConsoleProgress", value=False)
        .getOrCreate()
    )


def scored(spark: SparkSession, job: Job) -> DataFrame:
    records = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", job.bootstrap)
        .option("subscribe", job.topic)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", RECORDS_A_TRIGGER)
        .load()
    )
    tweet = sql.from_json(sql.col("value").cast("string"), TWEET)
    tweets = records.select(tweet.alias("tweet"), "partition", "offset", "timestamp")
    return tweets.select("tweet.*", "*", opinion(job, sql.col("tweet.text")).alias("opinion")).select(
        "id", "text", "opinion.*", "partition", "offset", "timestamp"
    )


def write(job: Job) -> Callable[[DataFrame, int], None]:
    """Return the function that writes a micro-batch to both sinks."""

    def write_batch(batch: DataFrame, number: int) -> None:
        batch.persist()
        batch.drop("timestamp").write.mode("overwrite").parquet(str(job.out / f"batch={number}"))
        brand = sql.explode(sql.concat(sql.array(sql.lit("all")), "brands")).alias("brand")
        minute = sql.floor(sql.unix_timestamp("timestamp") / 60).alias("minute")
        negative = (sql.col("label") == "NEGATIVE").cast("long").alias("negative")
        counted = (
            batch.select(brand, minute, negative)
            .groupBy("brand", "minute")
            .agg(sql.count("*"), sql.sum("negative"))
            .collect()
        )
        with redis.Redis.from_url(job.redis) as client:
            add_counts(client, counted, once=f"peer-batch:{job.group}:{number}")
        batch.unpersist()

    return write_batch


def main() -> None:
    job, usage = Job.from_arguments(), PeerUsage()
    spark = session()
    query = (
        scored(spark, job)
        .writeStream.foreachBatch(write(job))
        .option("checkpointLocation", str(job.out / "_checkpoint"))
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    usage.report("spark", job)
    spark.stop()


if __name__ == "__main__":
    main()
