"""Counters that do not check the owner token, only the offsets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest import mock

from badbuzz.contracts.counters import build_topic_key
from worker.counters.redis_sink import RedisCounters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from badbuzz.contracts.counters import CounterUpdate
    from worker.counters.port import Outcome


class OwnerIgnoringCounters(RedisCounters):
    """Makes the caller the owner during a call."""

    def apply(self, updates: Sequence[CounterUpdate]) -> dict[int, Outcome]:
        owners = f"{build_topic_key(self._topic)}:owner"
        before = self._functions.client.hgetall(owners)
        ours: Any = {str(update.partition): self._owner(update.partition) for update in updates}
        self._functions.client.hset(owners, mapping=ours)
        outcomes = super().apply(updates)
        for partition, owner in before.items():
            self._functions.client.hset(owners, partition, owner)
        return outcomes


def break_safeguard() -> AbstractContextManager[object]:
    return mock.patch("worker.assemble.RedisCounters", OwnerIgnoringCounters)
