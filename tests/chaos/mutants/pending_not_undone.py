"""Counters whose takeover deletes the pending updates instead of undoing them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from unittest import mock

from badbuzz.contracts.counters import build_topic_key
from worker.counters.redis_sink import RedisCounters

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager


class PendingKeepingCounters(RedisCounters):
    """Sets the applied offset to the chain's end, but keeps the counts beyond it."""

    def take_over(self, partitions: Collection[int]) -> dict[int, int | None]:
        key = build_topic_key(self._topic)
        for partition in partitions:
            pending = f"{key}:pending:{partition}"
            if first := self._functions.client.lindex(pending, 0):
                self._functions.client.hset(f"{key}:applied", str(partition), json.loads(first)["start"])
                self._functions.client.delete(pending)
        return super().take_over(partitions)


def break_safeguard() -> AbstractContextManager[object]:
    return mock.patch("worker.assemble.RedisCounters", PendingKeepingCounters)
