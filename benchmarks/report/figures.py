"""A figure: the median of several measurements, and how far they lie apart."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json: TypeAlias = dict[str, Any]
"""What results are kept as: they are read again from a file, perhaps by a later version."""


@dataclass(frozen=True, slots=True)
class Figure:
    """``low`` and ``high``: the least and the largest of ``n``."""

    median: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Figure:
        """Sum measurements up."""
        found = sorted(values)
        return cls(median(found), found[0], found[-1], len(found))

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Figure:
        """Read it from results."""
        return cls(value["median"], value["low"], value["high"], value["n"])


def figures(measured: Iterable[Mapping[str, float]]) -> Json:
    """Sum up each of the values that the measurements have in common."""
    rows = list(measured)
    return {name: asdict(Figure.of(row[name] for row in rows)) for name in rows[0]}


def middle(value: Mapping[str, Any]) -> float:
    """The median of a figure in results."""
    return float(value["median"])
