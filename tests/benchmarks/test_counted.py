"""The guard of speed in CI: what a change may cost is counted, never timed, and each count is shown to catch a careless change.

If one fails for a good reason, its bound is moved in the same commit, with the reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import redis

from tests.benchmarks.counted_worker import SHIPPED, Rig, all_at_once, constant_pipeline, real_pipeline
from tests.benchmarks.counting import instructions, peak_bytes, per_tweet
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

    from worker.core.worker import ScoringPipeline

SMALL, LARGE = 1_024, 2_048
MAY_LOOP = {
    "worker/pipeline/decode.py": 125,
    "worker/pipeline/pipeline.py": 15,
    "worker/core/slices.py": 12,
    "badbuzz/contracts/tweet.py": 10,
}
"""Modules that go through tweets one by one, and how many bytecode instructions each may spend on a tweet (Python 3.11)."""
OTHERS = 10
"""Instructions per tweet of any other module: fewer than the shortest loop has. Chunks of hundreds of tweets cost a few,
and so do rare texts, and words that a batch brings for the first time."""
BYTES_PER_TWEET = 800
"""Of a worker's work around the engine, whose own memory is numpy's or a library's."""
CALLS_PER_BATCH = 1
FILES_PER_MILLION = 50
SCALE = 10
"""Rows, and what a worker's limits are, divided by this: only their ratio decides how many files there are."""


def _too_slow(make: Callable[[str], ScoringPipeline]) -> dict[str, float]:
    counts = []
    for tweets in (SMALL, SMALL, LARGE):  # the first time, what is loaded later is loaded
        rig = Rig.filled(tweets, make("counted"), limits=all_at_once(tweets))
        counts.append(instructions(rig.until_work))
    found = per_tweet(counts[1], counts[2], LARGE - SMALL)
    return {module: spent for module, spent in found.items() if spent > MAY_LOOP.get(module, OTHERS)}


def test_no_other_module_goes_through_tweets_one_by_one() -> None:
    assert _too_slow(real_pipeline) == {}


def test_a_loop_over_tweets_is_seen() -> None:
    assert "tests/benchmarks/mutants.py" in _too_slow(pipeline_with_slow_brands)


def _bytes_per_tweet(make: Callable[[str], ScoringPipeline]) -> float:
    peaks = []
    for tweets in (SMALL, SMALL, LARGE):
        rig = Rig.filled(tweets, make("counted"), limits=all_at_once(tweets))
        peaks.append(peak_bytes(rig.until_work))
    return (peaks[2] - peaks[1]) / (LARGE - SMALL)


def test_a_tweet_takes_little_of_pythons_memory() -> None:
    assert _bytes_per_tweet(constant_pipeline) <= BYTES_PER_TWEET


def test_tweets_that_are_kept_as_objects_are_seen() -> None:
    assert _bytes_per_tweet(pipeline_that_keeps_tweets) > BYTES_PER_TWEET


def _calls_per_batch(url: str, kind: type[RedisCounters]) -> float:
    """Commands sent to Redis for each micro-batch; every batch has records of several partitions."""
    send: Any = redis.Redis.execute_command
    with (
        redis.Redis.from_url(url) as client,
        patch.object(redis.Redis, "execute_command", autospec=True, side_effect=send) as commands,
    ):
        limits = replace(SHIPPED, batch_records=1_000)
        rig = Rig.filled(4_000, counters=kind(client, "counted"), limits=limits)
        rig.until_work()
        commands.reset_mock()
        turns = rig.to_the_end()
        return float(commands.call_count / turns)


def test_redis_is_called_once_for_a_batch(redis_url: str) -> None:
    assert _calls_per_batch(redis_url, RedisCounters) == CALLS_PER_BATCH


def test_more_calls_of_redis_are_seen(redis_url: str) -> None:
    assert _calls_per_batch(redis_url, CountersPartitionByPartition) > CALLS_PER_BATCH


def _files_per_million(kind: type[Worker]) -> float:
    """Files that a worker has published when it has been given a million rows of twelve partitions, evenly."""
    names = ("batch_records", "file_rows", "buffer_rows")
    limits = replace(SHIPPED, **{name: getattr(SHIPPED, name) // SCALE for name in names})
    rows = 1_000_000 // SCALE
    rig = Rig.filled(rows, constant_pipeline("counted"), limits=limits, kind=kind)
    rig.to_the_end()
    return rig.files()


def test_files_are_few() -> None:
    assert 0 < _files_per_million(Worker) <= FILES_PER_MILLION


def test_more_files_are_seen() -> None:
    assert _files_per_million(WorkerThatEmptiesItsBuffer) > FILES_PER_MILLION
