"""Labelled tweets in CSV: with named columns, or Sentiment140's six without names.

Sentiment140 is Latin-1 with UTF-8 inside, so each text is UTF-8 if it can be, and Latin-1 if not.
"""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from pyarrow import csv as arrow_csv

from badbuzz.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

SENTIMENT140: Final = ("polarity", "id", "date", "query", "user", "text")
_USER: Final = "user"
_POLARITIES: Final = frozenset({"0", "2", "4"})
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
    nameless = len(first) == len(SENTIMENT140) and first[0].strip() in _POLARITIES
    names = list(SENTIMENT140) if nameless else first
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
            [[_text(value) for value in chunk.to_pylist()] for chunk in column.chunks], pa.string()
        )


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
