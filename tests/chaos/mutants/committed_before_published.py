"""A worker that starts at the group's committed offset, and commits before it publishes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest import mock

from worker.core.worker import Worker
from worker.source.kafka import KafkaSource

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from contextlib import AbstractContextManager

    from worker.core.ledger import Ledger
    from worker.source.port import Bounds


class CommittedOffsetSource(KafkaSource):
    """Reports the committed offset as the log's start."""

    def fetch_bounds(self, partitions: Collection[int]) -> Mapping[int, Bounds]:
        return {
            partition: replace(
                found, start=self._consumer.committed(self._topic_partition(partition)) or found.start
            )
            for partition, found in super().fetch_bounds(partitions).items()
        }


class EarlyCommittingWorker(Worker):
    """Commits a file before it is published."""

    def _publish_segment(self, ledger: Ledger) -> None:
        self._commit_offsets({ledger.partition: ledger.position})
        super()._publish_segment(ledger)


def break_safeguard() -> AbstractContextManager[object]:
    with ExitStack() as stack:
        stack.enter_context(mock.patch("worker.assemble.KafkaSource", CommittedOffsetSource))
        stack.enter_context(mock.patch("worker.assemble.Worker", EarlyCommittingWorker))
        return stack.pop_all()
