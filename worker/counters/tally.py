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

_SUMS: Final = ("tweets", "negative", "sum_p", "sum_p2")


def tally(table: pa.Table, buckets: Buckets) -> tuple[dict[tuple[str, int], Tally], Totals]:
    """Count the rows of a table that has at least :data:`COLUMNS`, the brands of each row being distinct.

    A tweet counts for ``all`` and for each of its brands, in the bucket of its own date, or of Kafka's where it has
    none. Returns the tallies by (brand, bucket), and the totals, in which late and early rows are rows like any other.
    """
    appended_ms = _milliseconds(table["appended_at"])
    event_ms = _milliseconds(
        pc.coalesce(table["created_at"], table["appended_at"].cast(pa.timestamp("us", tz="UTC")))
    )
    negative = _array(pc.equal(table["label"], NEGATIVE)).cast(pa.int64()).to_numpy()
    early = event_ms > appended_ms + EARLY_TOLERANCE_S * 1000
    late = event_ms < appended_ms - buckets.retention_seconds * 1000
    p = p_negative(_array(table["score"]).to_numpy())
    counted = pa.table(
        {
            "bucket": event_ms // 1000 // buckets.seconds * buckets.seconds,
            "tweets": np.ones(len(p), np.int64),
            "negative": negative,
            "sum_p": p,
            "sum_p2": square(p),
        }
    )
    dated = ~(early | late)
    totals = Totals(rows=len(p), negative=int(negative.sum()), late=int(late.sum()), early=int(early.sum()))
    return _by_bucket(counted.filter(dated)) | _by_brand(counted, _array(table["brands"]), dated), totals


def p_negative(score: npt.NDArray[np.float32]) -> Integers:
    """The probability of negative in millionths, from the probability of positive as the row has it."""
    return np.rint((1.0 - score.astype(np.float64)) * MILLION).astype(np.int64)


def square(p: Integers) -> Integers:
    """The square of a probability, both in millionths, rounded to the nearest."""
    return (p * p + MILLION // 2) // MILLION


def _milliseconds(column: pa.ChunkedArray) -> Integers:
    microseconds = _array(column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())).to_numpy()
    result: Integers = microseconds // 1000
    return result


def _array(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _by_bucket(counted: pa.Table) -> dict[tuple[str, int], Tally]:
    bucket, *sums = _sums(counted, ["bucket"])
    return {(ALL_BRANDS, start): Tally(*values) for start, *values in zip(bucket, *sums, strict=True)}


def _by_brand(
    counted: pa.Table, brands: pa.ListArray, dated: npt.NDArray[np.bool_]
) -> dict[tuple[str, int], Tally]:
    rows = pc.list_parent_indices(brands).to_numpy()
    kept = dated[rows]
    named = counted.take(rows[kept]).append_column("brand", pc.list_flatten(brands).filter(kept))
    brand, bucket, *sums = _sums(named, ["brand", "bucket"])
    return {(name, start): Tally(*values) for name, start, *values in zip(brand, bucket, *sums, strict=True)}


def _sums(table: pa.Table, keys: list[str]) -> list[list[int]]:
    grouped = table.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in _SUMS])
    return [grouped[name].to_pylist() for name in (*keys, *(f"{name}_sum" for name in _SUMS))]
