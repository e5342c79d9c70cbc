"""The counters in memory and on a server, with the methods that one suite needs to check both."""

from __future__ import annotations

import copy
import json
import time
import uuid
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol

import redis

from badbuzz.contracts.counters import (
    Buckets,
    Tally,
    build_applied_key,
    build_brands_key,
    build_bucket_key,
    build_meta_key,
    build_pending_key,
    build_seen_key,
    build_totals_key,
)
from badbuzz.contracts.scored_row import Totals
from worker.counters.memory import CounterStore, MemoryCounters, PartitionCounters
from worker.counters.redis_sink import RedisCounters

if TYPE_CHECKING:
    from collections.abc import Callable

    from worker.counters.port import CounterSink

BUCKETS = Buckets(seconds=10, retention_seconds=7_200)
TOPIC_ID = "made once"
PARTITIONS = 3


@dataclass(frozen=True, slots=True)
class PartitionState:
    """The state of one partition. ``pending`` are (start, end) pairs."""

    applied: int | None = None
    seen_ms: int | None = None
    totals: Totals = field(default_factory=Totals)
    pending: tuple[tuple[int | None, int], ...] = ()


class CounterBackend(Protocol):
    def new_sink(self) -> CounterSink: ...

    def known(self, partition: int) -> PartitionState: ...

    def tally(self, brand: str, bucket: int) -> Tally | None: ...

    def brands(self) -> set[str]: ...

    def expire(self, brand: str, bucket: int) -> None: ...

    def expected_partitions(self) -> int: ...

    def lose(self) -> None: ...

    def set_clock_ahead(self, seconds: int) -> None:
        """Set how far the server's clock is ahead of the true time."""

    def snapshot(self) -> Callable[[], None]:
        """Return a function that restores this moment's state."""

    def open_sink(self) -> CounterSink:
        sink = self.new_sink()
        sink.open(TOPIC_ID, BUCKETS, PARTITIONS)
        return sink


class MemoryCounterBackend(CounterBackend):
    def __init__(self) -> None:
        self.memory = CounterStore()

    def new_sink(self) -> CounterSink:
        return MemoryCounters(self.memory)

    def known(self, partition: int) -> PartitionState:
        found = self.memory.partitions.get(partition, PartitionCounters())
        pending = tuple((update.start, update.end) for update, *_ in found.pending)
        return PartitionState(found.applied, found.seen_ms, found.totals, pending)

    def tally(self, brand: str, bucket: int) -> Tally | None:
        return self.memory.tallies.get((brand, bucket))

    def brands(self) -> set[str]:
        return set(self.memory.newest_bucket)

    def expire(self, brand: str, bucket: int) -> None:
        self.memory.tallies.pop((brand, bucket), None)

    def expected_partitions(self) -> int:
        return self.memory.expected_partitions

    def lose(self) -> None:
        self.memory.clear()

    def set_clock_ahead(self, seconds: int) -> None:
        self.memory.clock = lambda: time.time() + seconds

    def snapshot(self) -> Callable[[], None]:
        kept = copy.deepcopy((self.memory.meta, self.memory.partitions, self.memory.tallies))

        def restore() -> None:
            self.memory.meta, self.memory.partitions, self.memory.tallies = copy.deepcopy(kept)

        return restore


class RedisCounterBackend(CounterBackend):
    def __init__(self, url: str) -> None:
        self.url = url
        self.topic = f"t-{uuid.uuid4().hex}"
        self.client: Any = redis.Redis.from_url(url, decode_responses=True)

    def new_sink(self) -> CounterSink:
        return RedisCounters(redis.Redis.from_url(self.url), self.topic)

    def known(self, partition: int) -> PartitionState:
        applied = self.client.hget(build_applied_key(self.topic), partition)
        seen = self.client.hget(build_seen_key(self.topic), partition)
        totals = self.client.hgetall(build_totals_key(self.topic, partition))
        updates = [
            json.loads(text) for text in self.client.lrange(build_pending_key(self.topic, partition), 0, -1)
        ]
        return PartitionState(
            None if applied is None else int(applied),
            None if seen is None else int(seen),
            Totals(**{name: int(value) for name, value in totals.items()}),
            tuple((int(u["start"]) if "start" in u else None, int(u["end"])) for u in updates),
        )

    def tally(self, brand: str, bucket: int) -> Tally | None:
        found = self.client.hgetall(build_bucket_key(self.topic, brand, BUCKETS, bucket))
        return Tally(**{name: int(value) for name, value in found.items()}) if found else None

    def brands(self) -> set[str]:
        return set(self.client.zrange(build_brands_key(self.topic), 0, -1))

    def expire(self, brand: str, bucket: int) -> None:
        self.client.delete(build_bucket_key(self.topic, brand, BUCKETS, bucket))

    def expected_partitions(self) -> int:
        return int(self.client.hget(build_meta_key(self.topic), "partitions"))

    def lose(self) -> None:
        self.client.flushdb()
        self.client.function_flush()

    def set_clock_ahead(self, seconds: int) -> None:
        """Load a variant of the library that adds ``seconds`` in its only function that asks for the time.

        The server keeps the true time and does not expire keys, but the library deletes expired buckets itself.
        """
        source = resources.files("worker.counters").joinpath("functions.lua").read_text()
        changed = source.replace("tonumber(time[1])", f"(tonumber(time[1]) + {seconds})")
        assert changed != source, "the library asks for the time in another way"
        self.client.function_load(changed, replace=True)

    def snapshot(self) -> Callable[[], None]:
        with redis.Redis.from_url(self.url) as raw:
            kept = {key: raw.dump(key) for key in raw.scan_iter()}

        def restore() -> None:
            self.lose()
            with redis.Redis.from_url(self.url) as raw:
                for key, value in kept.items():
                    raw.restore(key, 0, value)

        return restore
