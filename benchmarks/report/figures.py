"""A figure: the median and the range of several measurements."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json: TypeAlias = dict[str, Any]
"""The type of results, which are read from a file that another version may have written."""


@dataclass(frozen=True, slots=True)
class MedianFigure:
    """The median of ``n`` values; ``low`` and ``high`` are the smallest and the largest."""

    median: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Iterable[float]) -> MedianFigure:
        """Return the figure of these measurements."""
        found = sorted(values)
        return cls(median(found), found[0], found[-1], len(found))

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> MedianFigure:
        """Read a figure from results."""
        return cls(value["median"], value["low"], value["high"], value["n"])


def to_figures(measured: Iterable[Mapping[str, float]]) -> Json:
    """Return a figure for each value of the measurements."""
    rows = list(measured)
    return {name: asdict(MedianFigure.of(row[name] for row in rows)) for name in rows[0]}


def read_median(value: Mapping[str, Any]) -> float:
    """Return the median of a figure in results."""
    return float(value["median"])
