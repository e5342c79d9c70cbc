"""Measures running workers from outside: their counters in Redis and their processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from badbuzz.contracts.counters import build_totals_key
from benchmarks.harness.processes import ProcessMemory, measure_cpu_seconds, measure_memory

if TYPE_CHECKING:
    import redis

STUCK_S = 300.0
SAMPLE_BEFORE_FIRST_S = 0.01
SAMPLE_S = 0.1
MEMORY_EVERY_S = 0.5


@dataclass(slots=True)
class WorkerMonitor:
    """How far workers have counted a topic, and the memory and time of the processes below ``pid``.

    ``held``: tweets counted, and the largest worker's resident megabytes at that moment.
    """

    client: redis.Redis
    topic: str
    partitions: int
    tweets: int
    pid: int
    at_s: float = 0.0
    counted: int = 0
    progress_s: float = 0.0
    first: int = 0
    first_s: float = 0.0
    first_cpu_s: float = 0.0
    memory: ProcessMemory = field(default_factory=ProcessMemory)
    held: list[tuple[int, float]] = field(default_factory=list)
    memory_due_s: float = 0.0

    @property
    def is_done(self) -> bool:
        """Whether all tweets are counted."""
        return self.counted >= self.tweets

    @property
    def is_stuck(self) -> bool:
        """Whether no tweet was counted for :data:`STUCK_S`."""
        return self.at_s - self.progress_s > STUCK_S

    @property
    def pause_s(self) -> float:
        """Seconds until the next sample; fewer until the first tweets are counted, whose time is measured."""
        return SAMPLE_S if self.first else SAMPLE_BEFORE_FIRST_S

    def sample(self, now_s: float) -> None:
        """Read the counters and the memory. ``now_s``: seconds since the workers' start."""
        self.at_s = now_s
        counted = self._count()
        if counted > self.counted:
            self.counted, self.progress_s = counted, now_s
        if counted and not self.first:
            self.first, self.first_s, self.first_cpu_s = counted, now_s, measure_cpu_seconds(self.pid)
        if self.is_done or (self.first and now_s >= self.memory_due_s):
            self.memory_due_s = now_s + MEMORY_EVERY_S
            self._sample_memory()

    def _count(self) -> int:
        pipeline = self.client.pipeline(transaction=False)
        for partition in range(self.partitions):
            pipeline.hmget(build_totals_key(self.topic, partition), "rows", "rejected")
        found: list[Any] = pipeline.execute()
        return sum(int(value or 0) for values in found for value in values)

    def _sample_memory(self) -> None:
        now = measure_memory(self.pid)
        self.held.append((self.counted, now.resident))
        self.memory = self.memory.max_with(now)
