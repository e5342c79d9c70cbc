"""Reads one topic's counters from Redis with plain commands, as any alerting system can."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from badbuzz.clients.redis_client import redis_errors
from badbuzz.contracts.counters import (
    Buckets,
    Tally,
    build_applied_key,
    build_bucket_key,
    build_meta_key,
    build_owner_key,
    build_pending_key,
    build_topic_key,
    build_totals_key,
)
from badbuzz.contracts.scored_row import Totals
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from redis import Redis

_PER_ROUND_TRIP = 1_000
CLOCK_CORRECTION_S = 30
"""Redis's clock may be set back by this much, and so expire a bucket early, without the counters being counted again.
Buckets outlive their use by twice as much."""


@dataclass(frozen=True, slots=True)
class CounterPositions:
    """How far the counters are. ``applied`` maps each partition to the offset up to which it is counted."""

    topic_id: str
    buckets: Buckets
    applied: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class PendingUpdate:
    """Counts that were not in Parquet when the worker added them: what it added up to ``end``."""

    start: int | None
    end: int
    tallies: Mapping[tuple[str, int], Tally]
    totals: Totals


@dataclass(frozen=True, slots=True)
class CounterSnapshot:
    """All counters of a topic, read while workers may change them.

    Counts up to ``before`` are in ``tallies`` and ``totals``. Later ones may be, up to ``after``; those that were not settled
    afterwards are in ``pending``. ``from_bucket`` is the first bucket that cannot have expired while the counters were read. If
    not ``is_stable``, counts were undone meanwhile, because a worker took partitions over.
    """

    topic_id: str
    buckets: Buckets
    before: Mapping[int, int]
    after: Mapping[int, int]
    tallies: Mapping[tuple[str, int], Tally]
    totals: Mapping[int, Totals]
    pending: Mapping[int, tuple[PendingUpdate, ...]]
    from_bucket: int
    is_stable: bool


class RedisCounterReader:
    """Reads one topic's counters. Every method may raise ``Retry`` (Redis is unavailable) or ``Misconfigured`` (it refuses)."""

    def __init__(self, client: Redis, topic: str) -> None:
        self._client = client
        self._topic = topic

    def fetch_time(self) -> int:
        """Fetch the server's time, by which buckets expire, in seconds since 1970."""
        with redis_errors(key=build_topic_key(self._topic)):
            seconds_and_microseconds: Any = self._client.time()
        return int(seconds_and_microseconds[0])

    def fetch_positions(self) -> CounterPositions | None:
        """Fetch how far the counters are; None if no worker has opened them."""
        meta, applied = self._fetch_hashes([build_meta_key(self._topic), build_applied_key(self._topic)])
        if not meta:
            return None
        try:
            buckets = Buckets(int(meta["bucket_seconds"]), int(meta["retention_seconds"]))
            return CounterPositions(
                meta["topic_id"], buckets, {int(p): int(offset) for p, offset in applied.items()}
            )
        except (KeyError, ValueError) as error:
            raise Misconfigured(
                f"redis: {build_meta_key(self._topic)} was not written by Bad Buzz ({error!r}): {meta}"
            ) from None

    def fetch_snapshot(self) -> CounterSnapshot | None:
        """Fetch everything; None if no worker has opened the counters."""
        positions, owners = self.fetch_positions(), self._fetch_owners()
        if positions is None:
            return None
        tallies = self.fetch_tallies(positions.buckets)
        from_bucket = self.fetch_time() - positions.buckets.compute_expiry(0) + CLOCK_CORRECTION_S + 1
        totals = self.fetch_totals(positions.applied)
        later = self.fetch_positions()
        pending = {number: self._fetch_pending(number) for number in positions.applied}
        return CounterSnapshot(
            topic_id=positions.topic_id,
            buckets=positions.buckets,
            before=positions.applied,
            after=later.applied if later else {},
            tallies=tallies,
            totals=totals,
            pending=pending,
            from_bucket=from_bucket,
            is_stable=self._fetch_owners() == owners and later is not None,
        )

    def _fetch_owners(self) -> dict[str, str]:
        return self._fetch_hashes([build_owner_key(self._topic)])[0]

    def _fetch_pending(self, partition: int) -> tuple[PendingUpdate, ...]:
        with redis_errors(key=build_topic_key(self._topic)):
            found: Any = self._client.lrange(build_pending_key(self._topic, partition), 0, -1)
        return tuple(_parse_pending(json.loads(text)) for text in found)

    def fetch_totals(self, partitions: Collection[int]) -> dict[int, Totals]:
        """Fetch each partition's totals since its origin. Missing totals are zero."""
        hashes = self._fetch_hashes([build_totals_key(self._topic, partition) for partition in partitions])
        return {p: Totals.model_validate(found) for p, found in zip(partitions, hashes, strict=True)}

    def fetch_tallies(self, buckets: Buckets) -> dict[tuple[str, int], Tally]:
        """Fetch all buckets that have not expired, by brand and bucket."""
        prefix = f"{build_topic_key(self._topic)}:count:"
        with redis_errors(key=build_topic_key(self._topic)):
            keys = [key.decode() for key in self._client.scan_iter(match=f"{prefix}*", count=_PER_ROUND_TRIP)]
        named = [key.removeprefix(prefix).rsplit(":", 2) for key in keys]
        pairs = [(brand, int(bucket)) for brand, seconds, bucket in named if int(seconds) == buckets.seconds]
        hashes = self._fetch_hashes(
            [build_bucket_key(self._topic, brand, buckets, bucket) for brand, bucket in pairs]
        )
        return {pair: _tally(found) for pair, found in zip(pairs, hashes, strict=True) if found}

    def _fetch_hashes(self, keys: Collection[str]) -> list[dict[str, str]]:
        wanted, found = list(keys), []
        with redis_errors(key=build_topic_key(self._topic)):
            for start in range(0, len(wanted), _PER_ROUND_TRIP):
                pipeline = self._client.pipeline(transaction=False)
                for key in wanted[start : start + _PER_ROUND_TRIP]:
                    pipeline.hgetall(key)
                found += pipeline.execute()
        return [{name.decode(): value.decode() for name, value in entry.items()} for entry in found]


def _parse_pending(update: Mapping[str, Any]) -> PendingUpdate:
    """Parse an undo record. Workers of older versions leave out the last counts."""
    tallies: dict[tuple[str, int], Tally] = {}
    for brand, bucket, *counts in update["counts"]:
        tallies[brand, int(bucket)] = Tally(*map(int, counts))
    totals = dict(zip(Totals.model_fields, map(int, update["totals"]), strict=False))
    start = update.get("start")
    return PendingUpdate(None if start is None else int(start), int(update["end"]), tallies, Totals(**totals))


def _tally(found: Mapping[str, str]) -> Tally:
    return Tally(**{name: int(found.get(name, 0)) for name in Tally.__slots__})
