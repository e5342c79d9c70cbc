"""What rows add to the counters: one definition for the worker, for its catch-up from Parquet, and for ``badbuzz verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.counters import ALL_BRANDS, EARLY_TOLERANCE_S, MILLION, Buckets, Tally
from badbuzz.scored_row import NEGATIVE, Totals

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

COLUMNS: Final = ("created_at", "brands", "score", "label", "appended_at")
"""The columns of :data:`badbuzz.scored_row.SCHEMA` that counting reads."""


def tally(table: pa.Table, buckets: Buckets) -> tuple[dict[tuple[str, int], Tally], Totals]:
    """Count the rows of a table that has at least :data:`COLUMNS`, the brands of each row being distinct.

    A tweet counts for ``all`` and for each of its brands, in the bucket of its own date, or of Kafka's where it has
    none. Returns the tallies by (brand, bucket), and the totals, in which late and early rows are rows like any other.
    """
    appended_us = _microseconds(table["appended_at"])
    event_ms = np.where(_valid(table["created_at"]), _microseconds(table["created_at"]), appended_us) // 1000
    appended_ms = appended_us // 1000
    early = event_ms > appended_ms + EARLY_TOLERANCE_S * 1000
    late = event_ms < appended_ms - buckets.retention_seconds * 1000
    negative = _integers(pc.equal(table["label"], NEGATIVE).cast(pa.int64()))
    p = p_negative(table["score"].to_numpy())
    rows = _Rows(event_ms // 1000 // buckets.seconds * buckets.seconds, negative, p)
    totals = Totals(rows=len(p), negative=int(negative.sum()), late=int(late.sum()), early=int(early.sum()))
    return rows.by_brand(table["brands"].combine_chunks(), ~(early | late)), totals


def p_negative(score: npt.NDArray[np.float32]) -> Integers:
    """The probability of negative in millionths, from the probability of positive as the row has it."""
    return np.rint((1.0 - score.astype(np.float64)) * MILLION).astype(np.int64)


def square(p: Integers) -> Integers:
    """The square of a probability, both in millionths, rounded to the nearest."""
    return (p * p + MILLION // 2) // MILLION


class _Rows:
    """What each row adds, and to which bucket."""

    def __init__(self, bucket: Integers, negative: Integers, p: Integers) -> None:
        self._starts, self._bucket = np.unique(bucket, return_inverse=True)
        self._amounts = (negative, p, square(p))

    def by_brand(self, brands: pa.ListArray, dated: npt.NDArray[np.bool_]) -> dict[tuple[str, int], Tally]:
        """Sum the dated rows."""
        every = np.flatnonzero(dated)
        tallies = self._sum([ALL_BRANDS], every, np.zeros(len(every), np.int64))
        rows = pc.list_parent_indices(brands).to_numpy()
        kept = dated[rows]
        named = pc.list_flatten(brands).dictionary_encode()
        names = named.dictionary.to_pylist()
        return tallies | self._sum(names, rows[kept], named.indices.to_numpy()[kept])

    def _sum(self, names: list[str], rows: Integers, name: Integers) -> dict[tuple[str, int], Tally]:
        """Sum row ``rows[i]`` for ``names[name[i]]``. In doubles, which are exact here: no sum comes near 2**53."""
        width = len(self._starts)
        keys, group, tweets = np.unique(
            name * np.int64(width) + self._bucket[rows], return_inverse=True, return_counts=True
        )
        sums = [np.bincount(group, amounts[rows]).astype(np.int64).tolist() for amounts in self._amounts]
        groups = zip(keys.tolist(), tweets.tolist(), *sums, strict=True)
        starts = self._starts.tolist()
        return {(names[key // width], starts[key % width]): Tally(*values) for key, *values in groups}


def _microseconds(column: pa.ChunkedArray) -> Integers:
    return _integers(column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).fill_null(0))


def _valid(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    valid: npt.NDArray[np.bool_] = column.is_valid().to_numpy()
    return valid


def _integers(column: pa.ChunkedArray) -> Integers:
    integers: Integers = column.to_numpy()
    return integers
