"""kafka-python without the patch of its coordinator, in a worker with rare, short polls."""

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
    """Sleeps between polls, so that a join ends then. This does no harm with the patch."""

    def poll(self, timeout_s: float, limit: int) -> Poll:
        time.sleep(BUSY_S)
        return super().poll(timeout_s, limit)


def break_safeguard() -> AbstractContextManager[object]:
    with ExitStack() as stack:
        stack.enter_context(mock.patch("worker.assemble.KafkaSource", BusySource))
        stack.enter_context(mock.patch("worker.source.kafka.patch_coordinator"))
        return stack.pop_all()
