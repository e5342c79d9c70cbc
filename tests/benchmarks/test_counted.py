"""Speed in CI: costs are counted, not timed, and a deliberately slow variant shows that each count detects it.

If a test fails for a good reason, change its bound in the same commit and give the reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import redis

from tests.benchmarks.counted_worker import (
    SHIPPED,
    CountedWorker,
    constant_pipeline,
    limits_for_one_batch,
    real_pipeline,
)
from tests.benchmarks.counting import count_instructions, divide_by_tweets, measure_peak_bytes
from tests.benchmarks.mutants import (
    CountersPartitionByPartition,
    WorkerThatEmptiesItsBuffer,
    pipeline_that_keeps_tweets,
    pipeline_with_slow_brands,
)
from worker.core.worker import Worker
from worker.counters.redis_sink import RedisCounters

if TYPE_CHECKING:
    from collections.abc import Callable

    from worker.core.ports import ScoringPipeline

SMALL, LARGE = 1_024, 2_048
MAY_LOOP = {
    "worker/core/arrival.py": 25,
    "worker/pipeline/decode.py": 140,
    "worker/pipeline/pipeline.py": 15,
    "worker/core/slices.py": 12,
    "badbuzz/contracts/tweet.py": 10,
}
"""Modules that loop over tweets, and the bytecode instructions that each may spend on a tweet (Python 3.11)."""
OTHERS = 10
"""Instructions per tweet of any other module: fewer than the shortest loop. Chunks of hundreds of tweets, rare texts and new
words cost a few."""
BYTES_PER_TWEET = 1_000
"""Of the worker without the engine, whose memory is that of numpy or a library. A first run needs more than later ones."""
CALLS_PER_BATCH = 1
FILES_PER_MILLION = 50
SCALE = 10
"""Rows and the worker's limits are divided by this: only their ratio determines the number of files."""


def _too_slow(make: Callable[[str], ScoringPipeline]) -> dict[str, float]:
    counts = []
    for tweets in (SMALL, SMALL, LARGE):  # the first run loads modules
        worker = CountedWorker.create(tweets, make("counted"), limits=limits_for_one_batch(tweets))
        counts.append(count_instructions(worker.run_until_work))
    found = divide_by_tweets(counts[1], counts[2], LARGE - SMALL)
    return {module: spent for module, spent in found.items() if spent > MAY_LOOP.get(module, OTHERS)}


def test_no_other_module_loops_over_tweets() -> None:
    assert _too_slow(real_pipeline) == {}


def test_a_loop_over_tweets_is_detected() -> None:
    assert "tests/benchmarks/mutants.py" in _too_slow(pipeline_with_slow_brands)


def _bytes_per_tweet(make: Callable[[str], ScoringPipeline]) -> float:
    peaks = []
    for tweets in (SMALL, SMALL, LARGE):
        worker = CountedWorker.create(tweets, make("counted"), limits=limits_for_one_batch(tweets))
        peaks.append(measure_peak_bytes(worker.run_until_work))
    return (peaks[2] - peaks[1]) / (LARGE - SMALL)


def test_a_tweet_needs_little_python_memory() -> None:
    assert _bytes_per_tweet(constant_pipeline) <= BYTES_PER_TWEET


def test_tweets_kept_as_objects_are_detected() -> None:
    assert _bytes_per_tweet(pipeline_that_keeps_tweets) > BYTES_PER_TWEET


def _calls_per_batch(url: str, kind: type[RedisCounters]) -> float:
    """Commands sent to Redis for each micro-batch; every batch has records of several partitions."""
    send: Any = redis.Redis.execute_command
    with (
        redis.Redis.from_url(url) as client,
        patch.object(redis.Redis, "execute_command", autospec=True, side_effect=send) as commands,
    ):
        limits = replace(SHIPPED, batch_records=1_000)
        worker = CountedWorker.create(4_000, counters=kind(client, "counted"), limits=limits)
        worker.run_until_work()
        commands.reset_mock()
        turns = worker.run_to_the_end()
        return float(commands.call_count / turns)


def test_redis_is_called_once_for_a_batch(redis_url: str) -> None:
    assert _calls_per_batch(redis_url, RedisCounters) == CALLS_PER_BATCH


def test_more_calls_of_redis_are_detected(redis_url: str) -> None:
    assert _calls_per_batch(redis_url, CountersPartitionByPartition) > CALLS_PER_BATCH


def _files_per_million(kind: type[Worker]) -> float:
    """Files that a worker publishes for a million rows spread evenly over twelve partitions."""
    names = ("batch_records", "file_rows", "buffer_rows")
    limits = replace(SHIPPED, **{name: getattr(SHIPPED, name) // SCALE for name in names})
    rows = 1_000_000 // SCALE
    worker = CountedWorker.create(rows, constant_pipeline("counted"), limits=limits, kind=kind)
    worker.run_to_the_end()
    return worker.count_files()


def test_files_are_few() -> None:
    assert 0 < _files_per_million(Worker) <= FILES_PER_MILLION


def test_more_files_are_detected() -> None:
    assert _files_per_million(WorkerThatEmptiesItsBuffer) > FILES_PER_MILLION
