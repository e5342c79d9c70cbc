"""Patches kafka-python 3.0 so that the result of joining the group outlives the poll that started the join.

Joining takes several round trips. ``KafkaConsumer.poll`` stops waiting for it at its timeout, and the next poll should continue.
In 3.0.12 that fails if the join ends between the two polls. Its result is discarded and the whole group joins again or, if new
metadata caused the join, the result is never read: the member owns partitions, sends no heartbeats, and reads nothing. With polls
of 50 ms one worker in ten started like that. The tests of :mod:`worker.source` fail without this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kafka.coordinator.consumer import ConsumerCoordinator

if TYPE_CHECKING:
    from kafka import KafkaConsumer
    from kafka.coordinator.base import Generation


def patch_coordinator(consumer: KafkaConsumer) -> None:
    """Make a consumer keep the result of a join until it is read. Call it before the first poll."""
    consumer._coordinator.__class__ = _PatchedCoordinator  # noqa: SLF001 - there is no public way to replace it


class _PatchedCoordinator(ConsumerCoordinator):  # type: ignore[misc]  # kafka-python has no types
    _unread: tuple[Generation, bytes] | None = None

    def need_rejoin(self) -> bool:
        return self._join_task is not None or bool(super().need_rejoin())

    async def _do_join_and_sync_async(self) -> bytes:
        """Return the unread assignment of a finished join, or join. Called whenever no join is in progress."""
        if self._unread is None or self._unread[0] != self._generation:
            assignment: bytes = await super()._do_join_and_sync_async()
            self._unread = (self._generation, assignment)
        return self._unread[1]

    async def _on_join_complete_async(
        self, generation: int, member_id: str, protocol: str, assignment: bytes
    ) -> None:
        self._unread = None
        await super()._on_join_complete_async(generation, member_id, protocol, assignment)
