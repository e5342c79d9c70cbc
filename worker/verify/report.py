"""The report of a verification."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from badbuzz.errors import DataRefused, Retry

if TYPE_CHECKING:
    from badbuzz.contracts.scored_row import Totals

Verdict = Literal["clean", "violated", "unsettled"]


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that is wrong. ``offset`` is the first affected one; None if no single offset is affected."""

    partition: int | None
    offset: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class PartitionReport:
    """The sound part of one partition's chain: it holds each offset of ``[start, end)`` exactly once.

    ``start`` and ``end`` are None if no origin has been claimed. ``lag`` counts the offsets that Kafka holds from ``end``
    on; None if Kafka was not asked. ``absent`` counts the offsets in gaps, ``tombstones`` those of them that were skipped because
    their records have no value. ``lost`` are the ranges of these, ends not
    included, that Kafka deleted before they were scored.
    """

    partition: int
    start: int | None
    end: int | None
    files: int
    totals: Totals
    absent: int
    tombstones: int
    lost: tuple[tuple[int, int], ...]
    lag: int | None


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """The report on a topic, in words: ``proven`` lists what was compared and is equal, ``unsettled`` what could not be
    compared yet, ``notes`` what an operator should know although it is not wrong.
    """

    topic: str
    topic_id: str | None
    partitions: tuple[PartitionReport, ...]
    proven: tuple[str, ...]
    violations: tuple[Violation, ...]
    unsettled: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def lag(self) -> int | None:
        """The offsets that wait to be scored in all partitions, begun or not; None if Kafka was not asked."""
        lags = [part.lag for part in self.partitions if part.lag is not None]
        return sum(lags) if lags else None

    @property
    def verdict(self) -> Verdict:
        """The result in one word."""
        if self.violations:
            return "violated"
        return "unsettled" if self.unsettled else "clean"

    @property
    def exit_code(self) -> int:
        """0 clean, 65 violated, 75 not comparable yet."""
        return {"clean": 0, "violated": DataRefused.exit_code, "unsettled": Retry.exit_code}[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """Return plain values, for one line of JSON."""
        partitions = [
            {name: getattr(part, name) for name in part.__slots__} | {"totals": part.totals.model_dump()}
            for part in self.partitions
        ]
        return {
            "verdict": self.verdict,
            "topic": self.topic,
            "topic_id": self.topic_id,
            "lag": self.lag,
            "partitions": partitions,
            "proven": list(self.proven),
            "violations": [asdict(violation) for violation in self.violations],
            "unsettled": list(self.unsettled),
            "notes": list(self.notes),
        }
