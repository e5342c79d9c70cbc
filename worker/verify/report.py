"""What a verification found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from badbuzz.errors import DataRefused, Retry

if TYPE_CHECKING:
    from badbuzz.contracts.scored_row import Totals

Verdict = Literal["clean", "violated", "unsettled"]


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not be. ``offset`` is the first at which it shows, None if it shows at none."""

    partition: int | None
    offset: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class PartitionReport:
    """What was proven of one partition's chain: each offset of ``[start, end)`` is there exactly once.

    ``start`` and ``end`` are None where nobody has claimed an origin. ``lag`` counts the offsets that Kafka holds from
    ``end`` on; None if Kafka was not asked. ``absent`` counts the offsets in gaps;
    ``lost`` are the offsets of those, ends not included, that Kafka deleted before they were scored.
    """

    partition: int
    start: int | None
    end: int | None
    files: int
    totals: Totals
    absent: int
    lost: tuple[tuple[int, int], ...]
    lag: int | None


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """The whole. ``proven`` says in words what was compared; ``unsettled`` why something could not be compared yet;
    ``notes`` what takes nothing from the proof.
    """

    topic: str
    topic_id: str | None
    partitions: tuple[PartitionReport, ...]
    proven: tuple[str, ...]
    violations: tuple[Violation, ...]
    unsettled: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """One word for all of it."""
        if self.violations:
            return "violated"
        return "unsettled" if self.unsettled else "clean"

    @property
    def exit_code(self) -> int:
        """0 clean, 65 violated, 75 not comparable yet."""
        return {"clean": 0, "violated": DataRefused.exit_code, "unsettled": Retry.exit_code}[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for one line of JSON."""
        partitions = [
            {name: getattr(part, name) for name in part.__slots__} | {"totals": part.totals.model_dump()}
            for part in self.partitions
        ]
        return {
            "verdict": self.verdict,
            "topic": self.topic,
            "topic_id": self.topic_id,
            "partitions": partitions,
            "proven": list(self.proven),
            "violations": [asdict(violation) for violation in self.violations],
            "unsettled": list(self.unsettled),
            "notes": list(self.notes),
        }
