"""Pauses of partitions, computed from the scored rows."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

COLUMNS = ("partition", "appended_at", "scored_at")


@dataclass(frozen=True, slots=True)
class Times:
    """One partition's rows: when Kafka appended them and when they were scored, in seconds since 1970."""

    appended: NDArray[np.float64]
    scored: NDArray[np.float64]

    def within(self, start: float, end: float) -> Times:
        """Return the rows that Kafka appended in a period."""
        chosen = (self.appended >= start) & (self.appended < end)
        return Times(self.appended[chosen], self.scored[chosen])

    @property
    def longest_wait(self) -> float:
        """The longest time from Kafka to the score, in seconds."""
        return float((self.scored - self.appended).max())

    @property
    def longest_hole(self) -> float:
        """The longest time without a scored row, in seconds."""
        return float(np.diff(np.unique(self.scored)).max(initial=0.0))


def times_by_partition(batches: Iterable[pa.RecordBatch]) -> dict[int, Times]:
    """Read times from rows with the columns ``COLUMNS``."""
    columns = [
        (batch["partition"].to_numpy(), _seconds(batch["appended_at"]), _seconds(batch["scored_at"]))
        for batch in batches
    ]
    partitions, appended, scored = (np.concatenate(column) for column in zip(*columns, strict=True))
    return {
        int(partition): Times(appended[partitions == partition], scored[partitions == partition])
        for partition in np.unique(partitions)
    }


def summary(partitions: Mapping[int, Times], start: float, end: float) -> dict[str, dict[str, float]]:
    """Return median and maximum over the partitions, for rows that Kafka appended in a period."""
    in_period = [times.within(start, end) for times in partitions.values()]
    found = [times for times in in_period if times.appended.size]
    return {
        "wait_s": median_and_max([times.longest_wait for times in found]),
        "hole_s": median_and_max([times.longest_hole for times in found]),
    }


def median_and_max(values: Sequence[float]) -> dict[str, float]:
    """Return median and maximum, rounded."""
    return {"median": round(median(values), 2), "max": round(max(values), 2)}


def _seconds(column: pa.Array) -> NDArray[np.float64]:
    stamps: NDArray[np.float64] = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy() / 1e6
    return stamps
