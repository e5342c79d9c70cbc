"""A group member for tests: a source, and everything that its polls returned."""

from __future__ import annotations

import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from worker.source.port import Record, Source

TIMEOUT_S = 600
QUIET_POLLS = 10


class GroupMember:
    """Polls a source and stores the results."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.owned: set[int] = set()
        self.gained: list[int] = []
        self.lost: list[int] = []
        self.evicted: list[int] = []
        self.records: dict[int, list[Record]] = defaultdict(list)
        self.largest_poll = 0

    def poll(self, limit: int = 100, timeout_s: float = 0.05) -> None:
        poll = self.source.poll(timeout_s, limit)
        gone = poll.revoked | poll.lost
        self.owned = (self.owned - gone) | poll.assigned
        self.gained += sorted(poll.assigned)
        self.lost += sorted(gone)
        self.evicted += sorted(poll.lost)
        self.largest_poll = max(self.largest_poll, sum(len(found) for found in poll.records.values()))
        for partition, found in poll.records.items():
            self.records[partition] += found

    def offsets(self, partition: int) -> list[int]:
        return [record.offset for record in self.records[partition]]

    @property
    def received(self) -> int:
        return sum(len(found) for found in self.records.values())


def until(condition: Callable[[], object], *members: GroupMember, limit: int = 100) -> None:
    """Let the members poll until a condition is true."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, [
            (sorted(member.owned), member.received, member.lost) for member in members
        ]
        _poll_at_once(members, limit)


def poll_quietly(*members: GroupMember) -> None:
    """Let the members poll for a while in which nothing should be delivered."""
    for _ in range(QUIET_POLLS):
        _poll_at_once(members, limit=100)


def _poll_at_once(members: Sequence[GroupMember], limit: int) -> None:
    """Poll concurrently, as processes do: a group settles when all its members poll."""
    with ThreadPoolExecutor(len(members)) as threads:
        for polled in [threads.submit(member.poll, limit) for member in members]:
            polled.result()
