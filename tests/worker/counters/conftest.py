from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worker.counters.worlds import MemoryWorld, RedisWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.counters.worlds import World


@pytest.fixture(params=["memory", "redis"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    redis_world = RedisWorld(request.getfixturevalue("redis_url"))
    yield redis_world
    redis_world.client.close()
