"""Takes partitions over: reads the position of both sinks, and lets the counters catch up with Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from badbuzz.contracts.counters import CounterUpdate
from badbuzz.contracts.scored_row import Totals
from badbuzz.errors import DataRefused, Retry
from worker.chain.port import ChainEnd
from worker.core.ledger import Ledger
from worker.counters.port import Refused
from worker.counters.tally import tally_rows

if TYPE_CHECKING:
    from collections.abc import Collection

    from badbuzz.contracts.counters import Buckets
    from worker.chain.port import Chain
    from worker.core.clocks import Clocks
    from worker.counters.port import CounterSink
    from worker.source.port import Bounds, Source

Start = Literal["earliest", "latest"]


class Recovery:
    """Takes partitions over. The chain is authoritative: offsets after it are scored again, missing counts are read from it."""

    def __init__(  # noqa: PLR0913 - three are ports
        self,
        source: Source,
        chain: Chain,
        counters: CounterSink,
        buckets: Buckets,
        clocks: Clocks,
        *,
        start: Start = "earliest",
    ) -> None:
        """``start`` is the origin of a new chain: the log's start or its end.

        A partition that was added after the topic was known always begins at its log's start.
        """
        self._source = source
        self._chain = chain
        self._counters = counters
        self._buckets = buckets
        self._clocks = clocks
        self._start = start

    def take_over(self, partitions: Collection[int]) -> dict[int, Ledger]:
        """Take over the counters. Return a ledger for each partition.

        :raises Retry: if a dependency is away, or another worker took the counters over meanwhile.
        :raises DataRefused: if topic, chain and counters cannot belong together.
        """
        redis_ms = self._clocks.compare()
        asked_ms = self._clocks.now_ms()
        bounds = self._source.fetch_bounds(partitions)
        # Before the chain is read: settled offsets were published earlier, so the end that is read cannot be behind them.
        applied = self._counters.take_over(partitions)
        ends = {
            partition: end or self._begin_chain(partition, bounds[partition])
            for partition, end in self._chain.find_ends(partitions).items()
        }
        ledgers = {
            partition: Ledger.at_chain_end(
                partition,
                ends[partition],
                log_start=bounds[partition].start,
                counted=self._catch_up(partition, applied[partition], ends[partition], redis_ms),
            )
            for partition in partitions
        }
        for partition, ledger in ledgers.items():
            ledger.arrivals.observe_watermark(bounds[partition].high_watermark, asked_ms)
        return ledgers

    def _begin_chain(self, partition: int, bounds: Bounds) -> ChainEnd:
        known = self._chain.record_partitions(self._source.count_partitions())
        origin = bounds.end if self._start == "latest" and partition < known else bounds.start
        return ChainEnd(self._chain.claim_origin(partition, origin), Totals(), topic_id="")

    def _catch_up(self, partition: int, applied: int | None, end: ChainEnd, redis_ms: int) -> int | None:
        """Count what the chain has and the counters lack. Buckets expire by Redis's clock, so it says which are live."""
        if applied is not None and applied > end.end_offset:
            raise DataRefused(
                f"{self._source.topic}-{partition}: counters are settled up to {applied}, but the Parquet chain ends at "
                f"{end.end_offset}. Probably this is not the folder of the other workers: compare BADBUZZ_SCORED__URL. "
                "Or files were deleted: restore them. Only if they are lost for good, stop all workers and empty this topic's "
                "counters in Redis, which are then rebuilt from the files that are left"
            )
        if applied == end.end_offset:
            return applied
        oldest_live_ms = redis_ms - self._buckets.compute_expiry(0) * 1000
        missing = self._chain.read_since(partition, applied, oldest_live_ms)
        if missing.before is not None:
            applied = self._count(
                CounterUpdate(partition, None, missing.start, settled=missing.start, totals=missing.before)
            )
        for chain_range in missing.ranges:
            tallies, totals = tally_rows(chain_range.table, self._buckets)
            totals += Totals(rejected=chain_range.rejected)
            applied = self._count(
                CounterUpdate(
                    partition,
                    applied,
                    chain_range.end,
                    settled=chain_range.end,
                    tallies=tallies,
                    totals=totals,
                )
            )
        return applied

    def _count(self, update: CounterUpdate) -> int:
        outcome = self._counters.apply([update])[update.partition]
        if isinstance(outcome, Refused):
            raise Retry(
                "redis", f"partition {update.partition} was taken over by another worker while we caught up"
            )
        return update.end
