"""A repair of kafka-python 3.0: what joining the group brought must outlive the poll that began it.

Joining takes several round trips, and ``KafkaConsumer.poll`` gives up on it when its time is over; the next poll is to go on.
In 3.0.12 it does not if the join ended between the two polls: its result is thrown away and the whole group joins anew, or, when
the join was due to new metadata, the result stays unread for ever: the member owns partitions, sends no heartbeats, and reads
nothing. With polls of 50 ms a worker in ten started like that. The tests of :mod:`worker.source` show it without this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kafka.coordinator.consumer import ConsumerCoordinator

if TYPE_CHECKING:
    from kafka import KafkaConsumer
    from kafka.coordinator.base import Generation


def patch_coordinator(consumer: KafkaConsumer) -> None:
    """Make this consumer remember what it joined; before its first poll."""
    consumer._coordinator.__class__ = _PatchedCoordinator  # noqa: SLF001 - there is no public way to name one's own


class _PatchedCoordinator(ConsumerCoordinator):  # type: ignore[misc]  # kafka-python has no types
    _unread: tuple[Generation, bytes] | None = None

    def need_rejoin(self) -> bool:
        return self._join_task is not None or bool(super().need_rejoin())

    async def _do_join_and_sync_async(self) -> bytes:
        """Called whenever no join is under way: also when one has ended, and nobody has read what it brought."""
        if self._unread is None or self._unread[0] != self._generation:
            assignment: bytes = await super()._do_join_and_sync_async()
            self._unread = (self._generation, assignment)
        return self._unread[1]

    async def _on_join_complete_async(
        self, generation: int, member_id: str, protocol: str, assignment: bytes
    ) -> None:
        self._unread = None
        await super()._on_join_complete_async(generation, member_id, protocol, assignment)
