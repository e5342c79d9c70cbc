from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worker.source.worlds import KafkaWorld, MemoryWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.source.worlds import World

PARTITIONS = 4


@pytest.fixture(params=["memory", "kafka"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A topic of four partitions that nobody reads yet."""
    world: World = MemoryWorld(PARTITIONS)
    if request.param == "kafka":
        new_topic = request.getfixturevalue("new_topic")
        world = KafkaWorld(request.getfixturevalue("kafka"), new_topic(PARTITIONS), PARTITIONS)
    yield world
    world.close()


@pytest.fixture
def real_world(request: pytest.FixtureRequest, world: World) -> World:
    """The same for what the embedded broker does not do as Apache Kafka does it; in memory it is always checked."""
    if isinstance(world, KafkaWorld) and not request.getfixturevalue("kafka").is_apache:
        pytest.skip("the embedded broker does not do this as Apache Kafka does")
    return world
