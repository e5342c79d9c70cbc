"""The patch of kafka-python's coordinator; test_port.py has the behaviour of a whole group with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from kafka import KafkaConsumer
from kafka.coordinator.consumer import ConsumerCoordinator

from worker.source.coordinator import _PatchedCoordinator, patch_coordinator

if TYPE_CHECKING:
    from benchmarks.servers.broker import Broker


@pytest.fixture
def joins(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The generations in which the unpatched coordinator joined."""
    joins: list[int] = []

    async def join(coordinator: Any) -> bytes:
        joins.append(coordinator._generation)
        return b"assignment %d" % len(joins)

    async def complete(*_: object) -> None:
        pass

    monkeypatch.setattr(ConsumerCoordinator, "_do_join_and_sync_async", join)
    monkeypatch.setattr(ConsumerCoordinator, "_on_join_complete_async", complete)
    monkeypatch.setattr(ConsumerCoordinator, "need_rejoin", lambda _: False)
    return joins


@pytest.fixture
def coordinator() -> Any:
    made = _PatchedCoordinator.__new__(_PatchedCoordinator)
    made._generation = 1
    made._join_task = None
    return made


def join(coordinator: Any) -> bytes:
    assignment: bytes = asyncio.run(coordinator._do_join_and_sync_async())
    return assignment


def test_the_result_of_a_join_is_kept_until_it_is_read(coordinator: Any, joins: list[int]) -> None:
    assert join(coordinator) == join(coordinator) == b"assignment 1"
    assert joins == [1]
    asyncio.run(coordinator._on_join_complete_async(1, "member", "protocol", b"assignment 1"))
    assert join(coordinator) == b"assignment 2"
    assert joins == [1, 1]


def test_the_result_of_an_older_generation_is_not_kept(coordinator: Any, joins: list[int]) -> None:
    join(coordinator)
    coordinator._generation = 2
    assert join(coordinator) == b"assignment 2"
    assert joins == [1, 2]


@pytest.mark.usefixtures("joins")
def test_a_join_in_progress_must_be_continued(coordinator: Any) -> None:
    assert not coordinator.need_rejoin()
    coordinator._join_task = object()
    assert coordinator.need_rejoin()


def test_a_real_consumer_can_be_patched(kafka: Broker) -> None:
    with KafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id="patched") as consumer:
        patch_coordinator(consumer)
        assert isinstance(consumer._coordinator, _PatchedCoordinator)
        assert consumer._coordinator._unread is None
