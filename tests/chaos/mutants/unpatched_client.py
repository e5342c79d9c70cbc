"""kafka-python as it comes, which forgets what joining the group has brought, in a worker that polls seldom and briefly."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING
from unittest import mock

from worker.source.kafka import KafkaSource

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from worker.source.port import Poll

BUSY_S = 0.25


class BusySource(KafkaSource):
    """A member that has other things to do: a join ends while it does them. That harms nobody whose client is repaired."""

    def poll(self, timeout_s: float, limit: int) -> Poll:
        time.sleep(BUSY_S)
        return super().poll(timeout_s, limit)


def broken() -> AbstractContextManager[object]:
    with ExitStack() as stack:
        stack.enter_context(mock.patch("worker.assemble.KafkaSource", BusySource))
        stack.enter_context(mock.patch("worker.source.kafka.patch_coordinator"))
        return stack.pop_all()
