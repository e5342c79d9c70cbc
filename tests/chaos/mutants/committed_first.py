"""A worker that trusts the group's committed offset, and commits before it publishes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING
from unittest import mock

from worker.core.worker import Worker
from worker.source.kafka import KafkaSource

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from worker.core.ledger import Ledger


class TrustingSource(KafkaSource):
    """Begins where the group stands, if that is further than it was told."""

    def start(self, partition: int, offset: int) -> None:
        committed = self._consumer.committed(self._tp(partition))
        super().start(partition, max(offset, committed or 0))


class HastyWorker(Worker):
    """Tells the group of a file that is not there yet."""

    def _publish(self, ledger: Ledger) -> None:
        self._commit({ledger.partition: ledger.position})
        super()._publish(ledger)


def broken() -> AbstractContextManager[object]:
    with ExitStack() as stack:
        stack.enter_context(mock.patch("worker.assemble.KafkaSource", TrustingSource))
        stack.enter_context(mock.patch("worker.assemble.Worker", HastyWorker))
        return stack.pop_all()
