"""Events of the core, for :mod:`worker.monitoring.metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.contracts.scored_row import Gap
    from badbuzz.errors import Retry


class WorkerObserver(Protocol):
    """Receives events on the worker's thread. Methods must return at once."""

    def on_turn(self) -> None:
        """A turn ended: the worker is alive."""

    def on_scored(self, rows: int, seconds: float) -> None:
        """A micro-batch was scored."""

    def on_counted(self, oldest_ms: int, *, late: int, early: int) -> None:
        """A slice was counted; its first record arrived at ``oldest_ms``. Late and early tweets are in no bucket."""

    def on_timestamps_corrected(self, records: int) -> None:
        """These many records had an impossible timestamp, or one that is far from their arrival."""

    def on_clocks(self, ahead_s: Mapping[str, float], *, are_useful: bool) -> None:
        """The clocks of ``redis`` and ``kafka`` are ahead of ours by these seconds, behind if negative.

        If the clocks are not useful, the counters are not marked as up to date.
        """

    def on_rejected(self, stage: str) -> None:
        """A record became a dead letter."""

    def on_published(self, partition: int, rows: int, seconds: float) -> None:
        """A segment was published."""

    def on_gap(self, partition: int, gap: Gap) -> None:
        """These offsets will never be scored."""

    def on_refused(self, partition: int, sink: str) -> None:
        """A sink refused us, as another worker was first."""

    def on_waiting(self, error: Retry) -> None:
        """A dependency is away, and the worker waits for it."""

    def on_resumed(self, dependency: str) -> None:
        """A dependency is back."""

    def on_stuck(self, problem: str) -> None:
        """The worker makes no progress although no dependency is away: it should be restarted."""

    def on_held_back(self, held_back: Mapping[int, range]) -> None:
        """The offsets of each owned partition that an open transaction holds back; an empty range without one."""

    def on_group_lag(self, offsets: int) -> None:
        """The lag of the whole group is known, in offsets that are in no file."""

    def on_lags(self, lags: Mapping[int, int]) -> None:
        """The lag of each owned partition is known, in records."""
