"""Counts rows into tallies. The worker, its catch-up from Parquet and ``badbuzz verify`` share this definition."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.contracts.counters import ALL_BRANDS, EARLY_TOLERANCE_S, MILLION, Buckets, Tally
from badbuzz.contracts.scored_row import LATEST_MS, NEGATIVE, Totals
from badbuzz.contracts.tweet import DELETE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

_Key: TypeAlias = tuple[str, int]
Counts: TypeAlias = tuple[dict[_Key, Tally], Totals]
"""Tallies by brand and bucket, and the totals of all rows."""

COLUMNS: Final = ("created_at", "brands", "score", "label", "appended_at", "kind")
"""The columns of :data:`badbuzz.contracts.scored_row.SCHEMA` that counting reads."""


def tally_rows(table: pa.Table, buckets: Buckets) -> Counts:
    """Count the rows of a table that has at least :data:`COLUMNS`. The brands of each row must be distinct.

    A tweet counts for ``all`` and for each of its brands, in the bucket of its own date, or of its arrival if it has none.
    A tweet without a label counts as unread. A delete is a row and nothing else: it is in no bucket, and not unread.
    Return the tallies by (brand, bucket), and the totals, whose rows include late and early ones.
    """
    return tally_tables([table], buckets)[0]


def tally_tables(tables: Sequence[pa.Table], buckets: Buckets) -> list[Counts]:
    """Count several tables at once, as :func:`tally_rows` counts one: most of the time is spent on calls, not on rows."""
    if not tables:
        return []
    table = pa.concat_tables([table.select(COLUMNS) for table in tables])
    table_index = np.repeat(np.arange(len(tables)), [table.num_rows for table in tables])
    # Bounded: files from before arrivals were decided may hold any value, and sums with it must not overflow.
    appended_ms = np.clip(_milliseconds(table["appended_at"]), 0, LATEST_MS)
    event_ms = np.where(_valid(table["created_at"]), _milliseconds(table["created_at"]), appended_ms)
    early = event_ms > appended_ms + EARLY_TOLERANCE_S * 1000
    late = event_ms < np.maximum(appended_ms - buckets.retention_seconds * 1000, 0)
    is_delete = pc.equal(table["kind"], DELETE).fill_null(fill_value=False)
    unread = _integers(pc.and_not(table["label"].is_null(), is_delete).cast(pa.int64()))
    negative = _integers(pc.equal(table["label"], NEGATIVE).fill_null(fill_value=False).cast(pa.int64()))
    p = compute_p_negative(table["score"].fill_null(1.0).to_numpy())  # an unread tweet adds nothing
    rows = _Rows(table_index, event_ms // 1000 // buckets.seconds * buckets.seconds, negative, p, unread)
    tallies = rows.sum_by_brand(table["brands"].combine_chunks(), ~(early | late | is_delete.to_numpy()))
    sums = [
        np.bincount(table_index, amount, len(tables)).astype(np.int64).tolist()
        for amount in (np.ones_like(negative), negative, late, early, unread)
    ]
    totals = [
        Totals(rows=n, negative=bad, late=after, early=before, unread=unknown)
        for n, bad, after, before, unknown in zip(*sums, strict=True)
    ]
    return [(tallies[number], total) for number, total in enumerate(totals)]


def compute_p_negative(score: npt.NDArray[np.float32]) -> Integers:
    """Return the probability of *negative* in millionths, given a row's score, the probability of *positive*."""
    return np.rint((1.0 - score.astype(np.float64)) * MILLION).astype(np.int64)


def square_millionths(p: Integers) -> Integers:
    """Return the square of a probability, both in millionths, rounded to the nearest."""
    return (p * p + MILLION // 2) // MILLION


class _Rows:
    """The amounts that each row adds, its bucket, and the index of its table."""

    def __init__(
        self, table_index: Integers, bucket: Integers, negative: Integers, p: Integers, unread: Integers
    ) -> None:
        self._starts, self._bucket = np.unique(bucket, return_inverse=True)
        self._table_index = table_index
        self._amounts = (1 - unread, negative, p, square_millionths(p), unread)

    def sum_by_brand(
        self, brands: pa.ListArray, dated: npt.NDArray[np.bool_]
    ) -> dict[int, dict[_Key, Tally]]:
        """Sum the dated rows of each table by brand and bucket. A table without such rows has no entry."""
        every = np.flatnonzero(dated)
        parents = pc.list_parent_indices(brands).to_numpy()
        kept = dated[parents]
        named = pc.list_flatten(brands).dictionary_encode()
        names = [ALL_BRANDS, *named.dictionary.to_pylist()]
        name_index = np.concatenate([np.zeros_like(every), named.indices.to_numpy()[kept] + 1])
        return self._sum(names, np.concatenate([every, parents[kept]]), name_index)

    def _sum(self, names: list[str], rows: Integers, name_index: Integers) -> dict[int, dict[_Key, Tally]]:
        """Sum row ``rows[i]`` for ``names[name_index[i]]``, in doubles. These are exact: no sum comes near 2**53."""
        shape = (int(self._table_index.max(initial=0)) + 1, len(names), len(self._starts))
        places = np.ravel_multi_index((self._table_index[rows], name_index, self._bucket[rows]), shape)
        keys, group = np.unique(places, return_inverse=True)
        sums = [np.bincount(group, amounts[rows]).astype(np.int64).tolist() for amounts in self._amounts]
        found = map(Tally, *sums)
        cells = np.column_stack(np.unravel_index(keys, shape)).tolist()
        tallies: dict[int, dict[_Key, Tally]] = defaultdict(dict)
        for (table_index, brand, start), summed in zip(cells, found, strict=True):
            tallies[table_index][names[brand], int(self._starts[start])] = summed
        return tallies


def _milliseconds(column: pa.ChunkedArray) -> Integers:
    divisor = {"ms": 1, "us": 1_000}[column.type.unit]
    return _integers(column.cast(pa.int64()).fill_null(0)) // divisor


def _valid(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    valid: npt.NDArray[np.bool_] = column.is_valid().to_numpy()
    return valid


def _integers(column: pa.ChunkedArray) -> Integers:
    integers: Integers = column.to_numpy()
    return integers
