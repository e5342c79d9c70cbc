"""The check of a worker's rights, without a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worker.counters.backends import RedisCounterBackend
from tests.worker.counters.test_redis_sink import SOURCE, library_of_version, loaded
from worker.counters.redis_sink import LIBRARY_VERSION, RedisCounters

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def backend(redis_url: str) -> Iterator[RedisCounterBackend]:
    backend = RedisCounterBackend(redis_url)
    yield backend
    backend.client.close()


@pytest.mark.parametrize("before", ["nothing", "an older library", "a newer library"])
def test_a_check_of_the_rights_writes_no_counters(backend: RedisCounterBackend, before: str) -> None:
    older = library_of_version(1).replace(
        "redis.register_function('badbuzz_check_rights', refusing(check_writer))", ""
    )
    newer = library_of_version(LIBRARY_VERSION + 1)
    if before != "nothing":
        backend.client.function_load(older if "older" in before else newer)
    RedisCounters(backend.client, "tweets").check()
    assert loaded(backend) == (newer if "newer" in before else SOURCE)
    assert backend.client.dbsize() == 0
