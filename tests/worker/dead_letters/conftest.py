from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worker.dead_letters.worlds import KafkaWorld, MemoryWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.dead_letters.worlds import World


@pytest.fixture(params=["memory", "kafka"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    new_topic = request.getfixturevalue("new_topic")
    world = KafkaWorld(request.getfixturevalue("kafka"), new_topic(1))
    yield world
    world.sink.close()
