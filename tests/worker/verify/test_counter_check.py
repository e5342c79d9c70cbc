"""Counters in Redis compared with the rows: equal counters pass, and every change is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import redis

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.counters import (
    ALL_BRANDS,
    Buckets,
    CounterUpdate,
    build_applied_key,
    build_bucket_key,
    build_meta_key,
    build_topic_key,
    build_totals_key,
)
from badbuzz.contracts.scored_row import OffsetRange, Totals
from badbuzz.errors import Misconfigured, Retry
from tests.worker.chain.segments import TOPIC, TOPIC_ID, make_segment
from worker.chain.chain_files import ChainFiles
from worker.chain.internal.origin import read_origins
from worker.chain.stored_chain import StoredChain
from worker.counters.redis_sink import RedisCounters
from worker.counters.tally import tally_rows
from worker.verify.chain_check import check_chain, list_files
from worker.verify.counter_check import CounterComparison, compare_counters
from worker.verify.redis_counters import RedisCounterReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from badbuzz.clients.scored_store import ScoredStore
    from worker.chain.port import Segment

BUCKETS = Buckets()
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def store() -> ScoredStore:
    return open_scored_store("memory://")


@pytest.fixture
def counters(client: redis.Redis) -> RedisCounters:
    counters = RedisCounters(client, TOPIC)
    counters.open(TOPIC_ID, BUCKETS, partitions=2)
    counters.take_over([0, 1])
    return counters


@pytest.fixture
def counted(store: ScoredStore, counters: RedisCounters) -> None:
    """Two partitions, all counted: an old and a recent file in the first, a recent one in the second."""
    recent = datetime.now(UTC) - timedelta(minutes=5)
    old = make_segment(0, 10, at=LONG_AGO, rejected=[OffsetRange(start=3, end=5)])
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    for partition in (0, 1):
        chain.claim_origin(partition, 0)
    for published in (
        old,
        make_segment(10, 30, at=recent, before=old.totals, unread=[12, 13]),
        make_segment(0, 20, at=recent, partition=1),
    ):
        assert chain.publish(published)
        count(counters, published)


def count(counters: RedisCounters, published: Segment) -> None:
    tallies, totals = tally_rows(published.table, BUCKETS)
    totals += Totals(rejected=sum(r.end - r.start for r in published.rejected))
    start = published.first_offset or None
    counters.apply(
        [
            CounterUpdate(
                published.partition,
                start,
                published.end_offset,
                settled=published.end_offset,
                tallies=tallies,
                totals=totals,
            )
        ]
    )


def compare(store: ScoredStore, client: redis.Redis) -> CounterComparison:
    reader = RedisCounterReader(client, TOPIC)
    snapshot = reader.fetch_snapshot()
    files = ChainFiles(store.rows, TOPIC)
    listed, _ = list_files(files)
    chains = {
        n: check_chain(files, origin, listed.get(n, [])) for n, origin in read_origins(store, TOPIC).items()
    }
    assert not any(chain.problem for chain in chains.values())
    return compare_counters(files, chains, snapshot, reader)


def recent_bucket(client: redis.Redis, brand: str = ALL_BRANDS) -> str:
    keys: list[bytes] = list(client.scan_iter(f"{build_topic_key(TOPIC)}:count:{brand}:*"))
    return min(keys).decode()


@pytest.mark.usefixtures("counted")
def test_counters_equal_to_the_rows(store: ScoredStore, client: redis.Redis) -> None:
    found = compare(store, client)
    assert (found.violations, found.unsettled) == ((), ())
    live = len(list(client.scan_iter(f"{build_topic_key(TOPIC)}:count:*")))
    assert live >= 4
    assert found.proven[0] == f"counters: {live} live buckets equal to the rows"


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("field", ["tweets", "negative", "sum_p", "sum_p2", "unread"])
@pytest.mark.parametrize("brand", [ALL_BRANDS, "albatros air"])
def test_a_count_that_is_off_by_one(store: ScoredStore, client: redis.Redis, brand: str, field: str) -> None:
    client.hincrby(recent_bucket(client, brand), field, 1)
    (violation,) = compare(store, client).violations
    assert (violation.partition, violation.offset) == (0, 10)
    assert f"counters of {brand!r}" in violation.problem


@pytest.mark.usefixtures("counted")
def test_a_bucket_that_vanished(store: ScoredStore, client: redis.Redis) -> None:
    client.delete(recent_bucket(client))
    (violation,) = compare(store, client).violations
    assert (violation.partition, violation.offset) == (0, 10)


@pytest.mark.usefixtures("counted")
def test_a_bucket_that_no_row_filled(store: ScoredStore, client: redis.Redis) -> None:
    now = int(datetime.now(UTC).timestamp()) // 10 * 10
    client.hset(build_bucket_key(TOPIC, "a:b", BUCKETS, now), mapping={"tweets": 1})
    (violation,) = compare(store, client).violations
    assert (violation.partition, violation.offset) == (None, None)
    assert "counters of 'a:b'" in violation.problem


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("field", sorted(Totals.model_fields))
def test_totals_that_are_off_by_one(store: ScoredStore, client: redis.Redis, field: str) -> None:
    client.hincrby(build_totals_key(TOPIC, 1), field, 1)
    (violation,) = compare(store, client).violations
    assert violation.partition == 1
    assert "totals: Redis has" in violation.problem


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("applied", [19, 21])
def test_counters_at_another_offset_are_not_compared(
    store: ScoredStore, client: redis.Redis, applied: int
) -> None:
    client.hset(build_applied_key(TOPIC), "1", str(applied))
    found = compare(store, client)
    assert found.violations == ()
    (reason,) = found.unsettled
    assert reason.startswith(f"partition 1: counted up to {applied}, published up to 20: not comparable")


@pytest.mark.usefixtures("counted")
def test_a_server_that_lost_its_data_is_behind(store: ScoredStore, client: redis.Redis) -> None:
    client.flushdb()
    found = compare(store, client)
    assert len(found.unsettled) == 2
    assert "partition 0: counted up to nothing, published up to 30" in found.unsettled[0]


@pytest.mark.usefixtures("counted")
def test_counters_of_an_earlier_topic(store: ScoredStore, client: redis.Redis) -> None:
    client.hset(build_meta_key(TOPIC), "topic_id", "an-earlier-life")
    (violation,) = compare(store, client).violations
    assert (
        "the counters belong to topic id an-earlier-life; the chains belong to topic id first-life"
        in violation.problem
    )


def test_no_counters_and_no_rows_are_equal(store: ScoredStore, client: redis.Redis) -> None:
    StoredChain(store, TOPIC, TOPIC_ID).claim_origin(0, 50)
    assert compare(store, client).proven == ("counters: none, and no rows",)


def test_a_chain_without_files_is_equal(
    store: ScoredStore, client: redis.Redis, counters: RedisCounters
) -> None:
    StoredChain(store, TOPIC, TOPIC_ID).claim_origin(0, 50)
    counters.apply([CounterUpdate(0, None, 50, settled=50)])
    assert compare(store, client).violations == ()
    assert compare(store, client).unsettled == ()


def test_counters_ahead_of_the_chain(
    store: ScoredStore, client: redis.Redis, counters: RedisCounters
) -> None:
    counters.apply([CounterUpdate(1, None, 5, settled=0)])
    (reason,) = compare(store, client).unsettled
    assert reason.startswith("partition 1: counted up to 5, published up to nothing")


@pytest.mark.usefixtures("counted")
def test_a_foreign_meta_hash_is_named(store: ScoredStore, client: redis.Redis) -> None:
    client.hset(build_meta_key(TOPIC), "bucket_seconds", "ten")
    with pytest.raises(Misconfigured, match="meta was not written by Bad Buzz"):
        compare(store, client)


def test_an_absent_server() -> None:
    with redis.Redis(port=1) as client, pytest.raises(Retry, match=r"^redis: "):
        RedisCounterReader(client, TOPIC).fetch_time()
