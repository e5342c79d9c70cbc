"""Counters as plain commands read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import redis

from badbuzz.contracts.counters import (
    Buckets,
    Tally,
    build_applied_key,
    build_bucket_key,
    build_meta_key,
    build_totals_key,
)
from badbuzz.contracts.scored_row import Totals
from badbuzz.errors import Misconfigured
from worker.verify.redis_counters import CounterPositions, RedisCounterReader

if TYPE_CHECKING:
    from collections.abc import Iterator

TOPIC = "tweets"
BUCKETS = Buckets(10, 7_200)
META: dict[Any, Any] = {"topic_id": "id", "bucket_seconds": "10", "retention_seconds": "7200"}


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def reader(client: redis.Redis) -> RedisCounterReader:
    return RedisCounterReader(client, TOPIC)


def test_an_empty_server_has_no_positions(reader: RedisCounterReader) -> None:
    assert reader.fetch_positions() is None
    assert reader.fetch_tallies(BUCKETS) == {}
    assert reader.fetch_totals([0]) == {0: Totals()}


def test_positions(client: redis.Redis, reader: RedisCounterReader) -> None:
    client.hset(build_meta_key(TOPIC), mapping=META)
    for partition, offset in (("0", "12"), ("11", "9000000000")):
        client.hset(build_applied_key(TOPIC), partition, offset)
    assert reader.fetch_positions() == CounterPositions("id", BUCKETS, {0: 12, 11: 9_000_000_000})


@pytest.mark.parametrize("missing", sorted(META))
def test_damaged_parameters_are_refused(
    client: redis.Redis, reader: RedisCounterReader, missing: str
) -> None:
    client.hset(
        build_meta_key(TOPIC), mapping={name: value for name, value in META.items() if name != missing}
    )
    with pytest.raises(Misconfigured, match="was not written by Bad Buzz"):
        reader.fetch_positions()


def test_totals_with_missing_fields(client: redis.Redis, reader: RedisCounterReader) -> None:
    client.hset(build_totals_key(TOPIC, 1), mapping={"rows": "5", "late": "2"})
    assert reader.fetch_totals([0, 1]) == {0: Totals(), 1: Totals(rows=5, late=2)}


@pytest.mark.parametrize("brand", ["all", "a:10:1700000000", "été"])
def test_tallies_of_any_brand(client: redis.Redis, reader: RedisCounterReader, brand: str) -> None:
    client.hset(build_bucket_key(TOPIC, brand, BUCKETS, 1_000), mapping={"tweets": "3", "sum_p": "7"})
    client.hset(build_bucket_key(TOPIC, brand, Buckets(5, 60), 1_000), mapping={"tweets": "9"})
    client.hset(build_bucket_key("others", brand, BUCKETS, 1_000), mapping={"tweets": "9"})
    assert reader.fetch_tallies(BUCKETS) == {(brand, 1_000): Tally(3, 0, 7, 0)}


def test_the_time_is_that_of_the_server(client: redis.Redis, reader: RedisCounterReader) -> None:
    before: tuple[int, int] = client.time()
    assert before[0] <= reader.fetch_time() <= before[0] + 60
