"""Deliberately slow variants, to test that each count detects them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa

from badbuzz.brands import BrandMatcher
from benchmarks.servers.running import BRANDS
from tests.benchmarks.counted_worker import ConstantModel, shipped_scorer
from worker.core.worker import Worker
from worker.counters.redis_sink import RedisCounters
from worker.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.contracts.counters import CounterUpdate
    from worker.core.slices import MicroBatch, Slice
    from worker.counters.port import Outcome
    from worker.dead_letters.port import DeadLetter


class BrandsTweetByTweet:
    """Searches brands in one text at a time."""

    def __init__(self) -> None:
        self._matcher = BrandMatcher.from_yaml(BRANDS)

    def match(self, texts: pa.Array) -> pa.ListArray:
        return pa.array([self._names(text) for text in texts.to_pylist()], pa.list_(pa.string()))

    def _names(self, text: str) -> list[str]:
        return [name for name in self._matcher.names if name in text.lower()]


class CountersPartitionByPartition(RedisCounters):
    """Calls Redis once for each partition of a batch."""

    def apply(self, updates: Sequence[CounterUpdate]) -> dict[int, Outcome]:
        outcomes = [super(CountersPartitionByPartition, self).apply([update]) for update in updates]
        return {partition: outcome for found in outcomes for partition, outcome in found.items()}


class WorkerThatEmptiesItsBuffer(Worker):
    """Publishes every partition when the buffer is full, not only the largest."""

    def _publish_due(self) -> None:
        if sum(ledger.rows for ledger in self._ledgers.values()) > self._limits.buffer_rows:
            for ledger in list(self._ledgers.values()):
                self._publish_segment(ledger)


class PipelineThatKeepsTweets(Pipeline):
    """Keeps every tweet as a Python object while the batch is scored."""

    def score(self, batch: MicroBatch) -> tuple[list[Slice], list[DeadLetter]]:
        kept = [
            json.loads(record.value or b"") for delivered in batch.values() for record in delivered.records
        ]
        scored = super().score(batch)
        kept.clear()
        return scored


def pipeline_with_slow_brands(topic: str) -> Pipeline:
    brands = BrandsTweetByTweet()
    return Pipeline(topic, shipped_scorer, lambda: brands)


def pipeline_that_keeps_tweets(topic: str) -> Pipeline:
    return PipelineThatKeepsTweets(topic, ConstantModel, lambda: BrandMatcher([]))
