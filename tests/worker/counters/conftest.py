from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worker.counters.backends import MemoryCounterBackend, RedisCounterBackend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.counters.backends import CounterBackend


@pytest.fixture(params=["memory", "redis"])
def backend(request: pytest.FixtureRequest) -> Iterator[CounterBackend]:
    if request.param == "memory":
        yield MemoryCounterBackend()
        return
    redis_backend = RedisCounterBackend(request.getfixturevalue("redis_url"))
    yield redis_backend
    redis_backend.client.close()
