"""Watching workers without their help."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from badbuzz.contracts.counters import totals_key
from benchmarks.ground.processes import Memory, cpu_seconds, memory

if TYPE_CHECKING:
    import redis

STUCK_S = 300.0
LOOK_BEFORE_FIRST_S = 0.01
LOOK_S = 0.1
MEMORY_EVERY_S = 0.5


@dataclass(slots=True)
class Watch:
    """Workers on a topic, seen from outside: how far Redis has counted, and what the processes below ``pid`` take."""

    client: redis.Redis
    topic: str
    partitions: int
    tweets: int
    pid: int
    at_s: float = 0.0
    counted: int = 0
    moved_s: float = 0.0
    first: int = 0
    first_s: float = 0.0
    first_cpu_s: float = 0.0
    memory: Memory = field(default_factory=Memory)
    held: list[tuple[int, float]] = field(default_factory=list)
    memory_due_s: float = 0.0

    @property
    def done(self) -> bool:
        """Whether all is counted."""
        return self.counted >= self.tweets

    @property
    def stuck(self) -> bool:
        """Whether nothing has moved for long."""
        return self.at_s - self.moved_s > STUCK_S

    @property
    def pause_s(self) -> float:
        """How long to wait until the next look: the first tweets are to be seen at once."""
        return LOOK_S if self.first else LOOK_BEFORE_FIRST_S

    def look(self, now_s: float) -> None:
        """Look; ``now_s``: seconds since the workers' start."""
        self.at_s = now_s
        counted = self._count()
        if counted > self.counted:
            self.counted, self.moved_s = counted, now_s
        if counted and not self.first:
            self.first, self.first_s, self.first_cpu_s = counted, now_s, cpu_seconds(self.pid)
        if self.done or (self.first and now_s >= self.memory_due_s):
            self.memory_due_s = now_s + MEMORY_EVERY_S
            self._weigh()

    def _count(self) -> int:
        pipeline = self.client.pipeline(transaction=False)
        for partition in range(self.partitions):
            pipeline.hmget(totals_key(self.topic, partition), "rows", "rejected")
        found: list[Any] = pipeline.execute()
        return sum(int(value or 0) for values in found for value in values)

    def _weigh(self) -> None:
        now = memory(self.pid)
        self.held.append((self.counted, now.resident))
        self.memory = self.memory.at_most(now)
