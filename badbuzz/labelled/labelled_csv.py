"""Reads labelled tweets from CSV with a header, or in Sentiment140's layout, which has none.

Each field is decoded by itself (:func:`~badbuzz.labelled.sentiment140.decode_text`).
"""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from pyarrow import csv as arrow_csv

from badbuzz.errors import DataRefused
from badbuzz.labelled.columns import USER_COLUMN, find_columns
from badbuzz.labelled.sentiment140 import COLUMNS, POLARITIES, decode_text

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK_BYTES: Final = 16 << 20
"""A row must fit into a block. An unclosed quote makes rows long."""

_MAX_HEADER_BYTES: Final = 131_072
"""The csv module refuses longer fields."""


def read_labelled_csv(content: bytes, path: Path) -> tuple[pa.Table, int]:
    """Return the columns label, text and user (strings), and the number of rows with a wrong number of fields.

    Those rows are skipped. Users are null if there is no column ``user``.

    :raises DataRefused: if the content cannot be read as such a CSV.
    """
    content = content.removeprefix(BOM_UTF8)
    first = _read_first_row(content)
    has_no_header = len(first) == len(COLUMNS) and first[0].strip() in POLARITIES
    names = list(COLUMNS) if has_no_header else first
    label, text = find_columns(names, path)
    malformed = 0

    def skip(_row: arrow_csv.InvalidRow) -> str:
        nonlocal malformed
        malformed += 1
        return "skip"

    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(content),
            arrow_csv.ReadOptions(
                column_names=names, skip_rows=0 if has_no_header else 1, block_size=_BLOCK_BYTES
            ),
            arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            arrow_csv.ConvertOptions(
                include_columns=[label, text, USER_COLUMN],
                include_missing_columns=True,
                column_types=dict.fromkeys([label, text, USER_COLUMN], pa.binary()),
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowException, OSError) as error:
        raise DataRefused(f"{path}: cannot be read as CSV: {error}") from None
    decoded = [_decode_column(table.column(name)) for name in (label, text, USER_COLUMN)]
    return pa.table(decoded, names=["label", "text", "user"]), malformed


def _read_first_row(content: bytes) -> list[str]:
    line = content[:_MAX_HEADER_BYTES].splitlines()[0].decode("latin-1")
    return next(csv.reader([line]), [])


def _decode_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
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
