"""A worker whose work is counted: real pipeline, shipped model, real chain; the topic is in memory and the clock is fixed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from badbuzz.brands import BrandMatcher
from badbuzz.clients.scored_store import ScoredStore, open_scored_store
from badbuzz.contracts.counters import Buckets
from badbuzz.settings import Settings
from benchmarks.harness.model import shipped_model
from benchmarks.load.records import PARTITIONS, make_records
from benchmarks.load.texts import make_texts
from benchmarks.servers.running import BRANDS
from model_registry.scoring.scorer import Scorer
from model_registry.scoring.scores import Scores
from tests.worker.core.simulation import NullObserver
from worker.assemble import build_limits
from worker.chain.stored_chain import StoredChain
from worker.core.clocks import HostClock
from worker.core.ports import Limits, Ports, ScoringPipeline
from worker.core.worker import Worker
from worker.counters.memory import CounterStore, MemoryCounters
from worker.dead_letters.memory import MemoryDeadLetters
from worker.pipeline.pipeline import Pipeline
from worker.source.memory import MemoryTopic

if TYPE_CHECKING:
    from typing import Self

    import pyarrow as pa

    from worker.counters.port import CounterSink

NOW_MS = 1_790_000_000_000
SHIPPED = build_limits(Settings(_env_file=None))
"""A worker's default limits."""


@cache
def shipped_scorer() -> Scorer:
    return Scorer.open(shipped_model())


def real_pipeline(topic: str) -> ScoringPipeline:
    brands = BrandMatcher.from_yaml(BRANDS)
    return Pipeline(topic, shipped_scorer, lambda: brands)


class ConstantModel:
    """A model without any cost."""

    model = "constant:1"

    def score_texts(self, texts: pa.Array) -> Scores:
        return Scores(np.full(len(texts), 0.25, np.float32), np.zeros(len(texts), np.bool_))


def constant_pipeline(topic: str) -> ScoringPipeline:
    return Pipeline(topic, ConstantModel, lambda: BrandMatcher([]))


@dataclass
class CountedWorker:
    """A worker and its topic with evenly filled partitions."""

    topic: MemoryTopic
    store: ScoredStore
    worker: Worker

    @classmethod
    def create(
        cls,
        tweets: int,
        pipeline: ScoringPipeline | None = None,
        counters: CounterSink | None = None,
        limits: Limits = SHIPPED,
        kind: type[Worker] = Worker,
    ) -> Self:
        topic, store = MemoryTopic("counted", PARTITIONS), open_scored_store("memory://")
        for number, (_, value) in enumerate(islice(make_records(make_texts()), tweets)):
            topic.append(number % PARTITIONS, value, NOW_MS)
        buckets = Buckets()
        counters = counters or MemoryCounters(CounterStore(clock=lambda: NOW_MS / 1000))
        counters.open(topic.id, buckets, PARTITIONS)
        ports = Ports(
            topic.join(),
            StoredChain(store, topic.name, topic.id),
            counters,
            MemoryDeadLetters(),
            pipeline or real_pipeline(topic.name),
        )
        clock = HostClock(monotonic=lambda: 0.0, wall=lambda: NOW_MS / 1000)
        return cls(topic, store, kind(ports, buckets, NullObserver(), limits, clock))

    def run_until_work(self) -> int:
        """Turn until a turn has processed records. Return how many."""
        while not (processed := self.worker.run_turn()):
            pass
        return processed

    def run_to_the_end(self) -> int:
        """Turn until all is processed. Return how many turns had records."""
        self.run_until_work()
        turns = 1
        while self.worker.run_turn():
            turns += 1
        return turns

    def count_files(self) -> int:
        return sum(entry["path"].endswith(".parquet") for chunk in self.store.rows.list() for entry in chunk)


def limits_for_one_batch(tweets: int) -> Limits:
    """Return limits with one micro-batch for all tweets, published in the same turn: all work is counted."""
    return replace(SHIPPED, batch_records=tweets, file_rows=1)
