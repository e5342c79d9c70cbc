"""Labelled tweets in CSV: with named columns, or Sentiment140's six without names.

Each text is decoded on its own (:func:`~badbuzz.labelled.sentiment140.decode_text`).
"""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from pyarrow import csv as arrow_csv

from badbuzz.errors import DataRefused
from badbuzz.labelled.sentiment140 import COLUMNS, POLARITIES, decode_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

_USER: Final = "user"
_BLOCK_BYTES: Final = 16 << 20
"""A row may not be longer than a block; a quote that never closes makes long rows."""

_LARGEST_FIELD: Final = 131_072


def read_csv(
    content: bytes, path: Path, pick: Callable[[Collection[str], Path], tuple[str, str]]
) -> tuple[pa.Table, int]:
    """Read label, text and user (strings, in this order), and count the rows of another number of columns.

    ``pick`` finds the first two among the columns' names; where there is no ``user``, nobody knows who wrote it.

    :raises DataRefused: if this is no such CSV.
    """
    content = content.removeprefix(BOM_UTF8)
    first = _first_row(content, path)
    nameless = len(first) == len(COLUMNS) and first[0].strip() in POLARITIES
    names = list(COLUMNS) if nameless else first
    label, text = pick(names, path)
    malformed = 0

    def skip(_row: arrow_csv.InvalidRow) -> str:
        nonlocal malformed
        malformed += 1
        return "skip"

    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(content),
            arrow_csv.ReadOptions(
                column_names=names, skip_rows=0 if nameless else 1, block_size=_BLOCK_BYTES
            ),
            arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            arrow_csv.ConvertOptions(
                include_columns=[label, text, _USER],
                include_missing_columns=True,
                column_types=dict.fromkeys([label, text, _USER], pa.binary()),
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowException, OSError) as error:
        raise DataRefused(f"{path}: cannot be read as CSV: {error}") from None
    decoded = [_decode(table.column(name)) for name in (label, text, _USER)]
    return pa.table(decoded, names=["label", "text", "user"]), malformed


def _first_row(content: bytes, path: Path) -> list[str]:
    line = content[:_LARGEST_FIELD].splitlines()[0].decode("latin-1")
    try:
        return next(csv.reader([line]), [])
    except csv.Error as error:
        raise DataRefused(f"{path}: its first line is no CSV: {error}") from None


def _decode(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.chunked_array(
            [
                [None if value is None else decode_text(value) for value in chunk.to_pylist()]
                for chunk in column.chunks
            ],
            pa.string(),
        )
