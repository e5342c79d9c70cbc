from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worker.dead_letters.backends import KafkaDeadLetterBackend, MemoryDeadLetterBackend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.dead_letters.backends import DeadLetterBackend


@pytest.fixture(params=["memory", "kafka"])
def backend(request: pytest.FixtureRequest) -> Iterator[DeadLetterBackend]:
    if request.param == "memory":
        yield MemoryDeadLetterBackend()
        return
    new_topic = request.getfixturevalue("new_topic")
    backend = KafkaDeadLetterBackend(request.getfixturevalue("kafka"), new_topic(1))
    yield backend
    backend.sink.close()
