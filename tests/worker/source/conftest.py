from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worker.source.harness import KafkaHarness, MemoryHarness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.source.harness import TopicHarness

PARTITIONS = 4


@pytest.fixture(params=["memory", "kafka"])
def harness(request: pytest.FixtureRequest) -> Iterator[TopicHarness]:
    """A topic of four partitions that has no reader yet."""
    harness: TopicHarness = MemoryHarness(PARTITIONS)
    if request.param == "kafka":
        new_topic = request.getfixturevalue("new_topic")
        harness = KafkaHarness(request.getfixturevalue("kafka"), new_topic(PARTITIONS), PARTITIONS)
    yield harness
    harness.close()


@pytest.fixture
def strict_harness(request: pytest.FixtureRequest, harness: TopicHarness) -> TopicHarness:
    """The same, for behaviour in which the embedded broker differs from Apache Kafka. In memory it is always tested."""
    if isinstance(harness, KafkaHarness) and not request.getfixturevalue("kafka").is_apache:
        pytest.skip("the embedded broker differs from Apache Kafka here")
    return harness
