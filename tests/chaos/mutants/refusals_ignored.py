"""Counters that ignore refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from unittest import mock

from worker.counters.port import Applied, Outcome, Refused
from worker.counters.redis_sink import RedisCounters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from badbuzz.contracts.counters import CounterUpdate


class RefusalIgnoringCounters(RedisCounters):
    """After a refusal, takes the partition over and counts on from the server's offset."""

    def apply(self, updates: Sequence[CounterUpdate]) -> dict[int, Outcome]:
        outcomes = super().apply(updates)
        refused = [update for update in updates if isinstance(outcomes[update.partition], Refused)]
        if refused:
            applied = self.take_over([update.partition for update in refused])
            super().apply([replace(update, start=applied[update.partition]) for update in refused])
        return dict.fromkeys(outcomes, Applied())

    def touch(self, settled: Mapping[int, int], *, caught_up: bool = True) -> frozenset[int]:
        super().touch(settled, caught_up=caught_up)
        return frozenset()


def break_safeguard() -> AbstractContextManager[object]:
    return mock.patch("worker.assemble.RedisCounters", RefusalIgnoringCounters)
