"""The report of a compaction or a dry run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from badbuzz.errors import DataRefused

if TYPE_CHECKING:
    from datetime import date

State = Literal["compacted", "to do", "done", "open", "refused"]


@dataclass(frozen=True, slots=True)
class FileTotals:
    """The number and size of one topic's files of one day, as a listing shows them."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DayReport:
    """One day. ``rows`` counts the merged rows. ``after`` is an estimate if nothing was done yet.

    ``held_by`` are the partitions whose chains still end in this day. ``in_one_step`` is False if readers could see rows
    twice for a moment, None if nothing was published. ``problem`` says why a day was refused.
    """

    day: date
    state: State
    before: FileTotals
    after: FileTotals
    rows: int = 0
    held_by: tuple[int, ...] = ()
    in_one_step: bool | None = None
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self) | {"day": self.day.isoformat()}


@dataclass(frozen=True, slots=True)
class CompactionReport:
    """All days of the topic, oldest first, or the requested day."""

    topic: str
    days: tuple[DayReport, ...]

    @property
    def exit_code(self) -> int:
        """0, or 65 if a day was refused."""
        return DataRefused.exit_code if any(day.state == "refused" for day in self.days) else 0

    def to_json(self) -> dict[str, Any]:
        """Return plain values, for one line of JSON."""
        return {"topic": self.topic, "days": [day.to_json() for day in self.days]}
