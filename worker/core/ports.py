"""What a worker works with: its ports, and its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from worker.chain.port import Chain
    from worker.core.recovery import Start
    from worker.core.slices import MicroBatch, Slice
    from worker.counters.port import CounterSink
    from worker.dead_letters.port import DeadLetter, DeadLetterSink
    from worker.source.port import Source


class ScoringPipeline(Protocol):
    """Turns records into scored slices."""

    def score(self, batch: MicroBatch) -> tuple[list[Slice], list[DeadLetter]]:
        """Score a micro-batch. Return one slice per partition, and the records that could not be scored.

        :raises GiveUp: if the engine cannot score anything.
        """


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a worker."""

    source: Source
    chain: Chain
    counters: CounterSink
    dead_letters: DeadLetterSink
    pipeline: ScoringPipeline


@dataclass(frozen=True, slots=True)
class Limits:
    """Where to start, and limits of sizes and times.

    ``buffer_rows`` limits the unpublished rows of all partitions, and so memory. A member without a heartbeat for
    ``session_s`` counts as dead.
    """

    start: Start
    batch_records: int
    batch_wait_s: float
    file_rows: int
    file_seconds: float
    buffer_rows: int
    bad_ratio: float
    bad_window: int
    session_s: float
