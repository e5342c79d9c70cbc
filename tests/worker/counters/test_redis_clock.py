"""A server whose clock jumps ahead and comes back: no bucket is lost, and no reader takes the counters for complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.contracts.counters import (
    build_brands_key,
    build_buckets_key,
    build_clock_key,
    build_topic_key,
)
from tests.worker.counters.backends import BUCKETS, PARTITIONS, RedisCounterBackend
from tests.worker.counters.test_port import BUCKET, make_update

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def backend(redis_url: str) -> Iterator[RedisCounterBackend]:
    backend = RedisCounterBackend(redis_url)
    yield backend
    backend.client.close()


def read_staleness(backend: RedisCounterBackend) -> float:
    reply = backend.client.fcall_ro("badbuzz_rate", 1, build_topic_key(backend.topic), "acme", 300)
    return float(dict(zip(reply[::2], reply[1::2], strict=True))["stale_seconds"])


def test_readers_do_not_trust_a_clock_that_was_set_back(backend: RedisCounterBackend) -> None:
    """Also before a worker has noticed it, and although a worker had marked the counters as up to date."""
    sink = backend.open_sink()
    sink.take_over(range(PARTITIONS))
    sink.touch(dict.fromkeys(range(PARTITIONS), 0))
    assert read_staleness(backend) < 60
    backend.set_clock_ahead(7_200)
    sink.touch(dict.fromkeys(range(PARTITIONS), 0))
    backend.set_clock_ahead(0)
    assert read_staleness(backend) > 1e9
    sink.touch(dict.fromkeys(range(PARTITIONS), 0))
    assert read_staleness(backend) > 1e9, "forgotten, not yet counted again"


def test_buckets_of_an_older_library_are_forgotten_as_well(backend: RedisCounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10, settled=10)])
    backend.client.delete(
        build_buckets_key(backend.topic), build_clock_key(backend.topic)
    )  # as before version 6
    sink.touch({0: 10})
    assert backend.client.zrange(build_buckets_key(backend.topic), 0, -1) == [str(BUCKET)]
    backend.set_clock_ahead(-60)
    assert sink.touch({0: 10}) == {0}
    assert (backend.tally("all", BUCKET), backend.tally("acme", BUCKET)) == (None, None)


def test_an_expired_bucket_is_deleted_and_its_name_forgotten(backend: RedisCounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10, settled=10)])
    backend.set_clock_ahead(BUCKETS.compute_expiry(0) + BUCKETS.seconds)
    sink.apply([make_update(0, 10, 20, settled=20)])
    assert backend.client.keys(f"{build_topic_key(backend.topic)}:count:*") == []
    assert backend.client.exists(build_buckets_key(backend.topic), build_brands_key(backend.topic)) == 0
