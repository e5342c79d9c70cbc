"""The other stages, called one by one in the worker's order, and the pipeline as a whole."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from badbuzz.brands import BrandMatcher
from badbuzz.cleaning import clean, get_rules
from badbuzz.clients.redis_client import connect_redis
from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.counters import Buckets
from badbuzz.contracts.scored_row import Totals
from badbuzz.settings import RedisSettings
from benchmarks.harness.network import recurrent
from benchmarks.load.records import PARTITIONS
from benchmarks.scorer.programs import DEFAULT_ENGINE
from benchmarks.servers.running import BRANDS
from model_registry.scoring.engines import open_engine
from model_registry.scoring.predictors import make_token_predictor
from model_registry.scoring.scorer import Scorer
from worker.chain.port import ChainEnd
from worker.chain.stored_chain import StoredChain
from worker.core.ledger import Ledger
from worker.core.slices import DeliveredRecords
from worker.counters.redis_sink import RedisCounters
from worker.counters.tally import tally_tables
from worker.pipeline.decode import decode_records
from worker.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.stages.consume import Stopwatch
    from model_registry.package.package import LoadedModel
    from worker.core.slices import MicroBatch
    from worker.source.port import Record

TOPIC: Final = "stages"
TOPIC_ID: Final = "00000000-0000-0000-0000-000000000005"
PIPELINE: Final = "pipeline"
"""All stages from decoding to finished rows in one call."""


class WorkerStages:
    """The stages of a worker. ``watch`` may be replaced."""

    def __init__(self, loaded_model: LoadedModel, redis_url: str, scored: str, watch: Stopwatch) -> None:
        self.watch = watch
        self._manifest, self._vocabulary = loaded_model.manifest, loaded_model.vocabulary
        self._max_length = recurrent(loaded_model).max_length
        self._engine = open_engine(loaded_model, DEFAULT_ENGINE, threads=1)
        self._brands = BrandMatcher.from_yaml(BRANDS)
        scorer = Scorer(
            self._manifest, make_token_predictor(self._vocabulary, self._engine, self._max_length)
        )
        self._pipeline = Pipeline(TOPIC, lambda: scorer, lambda: self._brands)
        self._buckets = Buckets()
        self._counters = RedisCounters(connect_redis(RedisSettings(url=redis_url)), TOPIC)
        self._counters.open(TOPIC_ID, self._buckets, PARTITIONS)
        self._counters.take_over(range(PARTITIONS))
        self._chain = StoredChain(open_scored_store(scored), TOPIC, TOPIC_ID)
        self._ledgers: dict[int, Ledger] = {}

    def run(self, batch: Mapping[int, Sequence[Record]]) -> None:
        """Run each stage on one batch."""
        now_ms = int(time.time() * 1000)
        delivered = {
            partition: self._deliver(self._ledger(partition), records, now_ms)
            for partition, records in batch.items()
        }
        self._run_text_stages(delivered)
        self._count(delivered)

    def publish(self) -> None:
        """Run the last stage: publish all waiting rows."""
        waiting = [ledger for ledger in self._ledgers.values() if ledger.slices]
        tweets = sum(ledger.rows for ledger in waiting)
        self.watch.start()
        for ledger in waiting:
            self._chain.publish(ledger.build_segment(TOPIC))
            ledger.mark_published()
        self.watch.stop("Parquet", tweets)

    def close(self) -> None:
        """Close the connection."""
        self._counters.close()

    def _deliver(self, ledger: Ledger, records: Sequence[Record], now_ms: int) -> DeliveredRecords:
        return DeliveredRecords(ledger.position, records, ledger.arrivals.decide(records, now_ms).arrived_ms)

    def _run_text_stages(self, batch: MicroBatch) -> None:
        watch, tweets = self.watch, _count_records(batch)
        watch.start()
        texts = decode_records(batch.values()).build_columns()["text"]
        watch.stop("decode", tweets)
        watch.start()
        cleaning = self._manifest.cleaning
        cleaned = clean(texts, get_rules(cleaning.name, cleaning.version))
        watch.stop("clean", tweets)
        watch.start()
        tokens = self._vocabulary.encode(cleaned, self._max_length)
        watch.stop("tokenise", tweets)
        watch.start()
        self._engine.predict(tokens)
        watch.stop("score", tweets)
        watch.start()
        self._brands.match(texts)
        watch.stop("brands", tweets)

    def _count(self, batch: MicroBatch) -> None:
        tweets = _count_records(batch)
        self.watch.start()
        slices, _ = self._pipeline.score(batch)
        self.watch.stop(PIPELINE, tweets)
        self.watch.start()
        counted = tally_tables([slice_.rows for slice_ in slices], self._buckets)
        updates = [
            self._ledgers[slice_.partition].add_slice(slice_, counts, 0.0)
            for slice_, counts in zip(slices, counted, strict=True)
        ]
        self._counters.apply(updates)
        self.watch.stop("Redis", tweets)
        for update in updates:
            self._ledgers[update.partition].counted = update.end

    def _ledger(self, partition: int) -> Ledger:
        if partition not in self._ledgers:
            self._chain.claim_origin(partition, 0)
            self._ledgers[partition] = Ledger.at_chain_end(
                partition, ChainEnd(0, Totals(), TOPIC_ID), log_start=0, counted=None
            )
        return self._ledgers[partition]


def _count_records(batch: MicroBatch) -> int:
    return sum(len(delivered.records) for delivered in batch.values())
