"""What the core tells of itself; :mod:`worker.monitoring.metrics` turns it into metrics and health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.contracts.scored_row import Gap
    from badbuzz.errors import Retry


class WorkerObserver(Protocol):
    """Called on the worker's own thread; must return at once."""

    def on_turn(self) -> None:
        """The loop came round: the worker is alive."""

    def on_scored(self, rows: int, seconds: float) -> None:
        """A micro-batch went through the model."""

    def on_counted(self, partition: int, oldest_ms: int) -> None:
        """A slice is counted; its oldest record was appended at ``oldest_ms``."""

    def on_rejected(self, stage: str) -> None:
        """A record became a dead letter."""

    def on_published(self, partition: int, rows: int, seconds: float) -> None:
        """A segment is in the chain."""

    def on_gap(self, partition: int, gap: Gap) -> None:
        """These offsets will never be scored."""

    def on_refused(self, partition: int, sink: str) -> None:
        """A sink refused us: another worker was there first."""

    def on_waiting(self, error: Retry) -> None:
        """A dependency is away; the worker waits for it."""

    def on_resumed(self, dependency: str) -> None:
        """It is back."""

    def on_stuck(self, problem: str) -> None:
        """The worker gets nowhere, though nothing is away: it should be ended and started again."""

    def on_lags(self, lags: Mapping[int, int]) -> None:
        """The lag of each partition that is ours, in records."""
