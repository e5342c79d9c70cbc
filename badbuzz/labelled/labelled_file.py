"""Reads a file of labelled tweets into memory, to train or evaluate a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from badbuzz.errors import DataRefused
from badbuzz.labelled.columns import LABELS, USER_COLUMN, find_columns
from badbuzz.labelled.labelled_csv import read_labelled_csv
from badbuzz.labelled.unpacking import PARQUET_MAGIC, open_unpacked

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_NEUTRAL: Final = -1
_LABELS: Final = {value: _NEUTRAL if label is None else label for value, label in LABELS.items()}


@dataclass(frozen=True, slots=True)
class LabelledTweets:
    """Texts, int8 labels [n] (0 negative, 1 positive), and the author of each text (null if the file does not name one).

    ``neutral`` tweets were left out, because models have two classes, and so were ``malformed`` rows of a CSV.
    """

    texts: pa.ChunkedArray
    labels: NDArray[np.int8]
    users: pa.ChunkedArray
    neutral: int
    malformed: int


def read_labelled(path: Path) -> LabelledTweets:
    """Read Parquet or CSV, plain, gzip or zip (see :mod:`badbuzz.labelled.unpacking`). The content decides, not the name.

    The file has a column of texts and a column of labels: 0/4, 0/1, or NEGATIVE/POSITIVE in any case. Tweets labelled 2 or
    NEUTRAL are left out. A CSV without a header has Sentiment140's layout.

    :raises DataRefused: if the format is not supported, the file has no rows, or a label is invalid.
    """
    content = _read_content(path)
    if content.startswith(PARQUET_MAGIC):
        table, malformed = _read_parquet(content, path), 0
    else:
        table, malformed = read_labelled_csv(content, path)
    if not table.num_rows:
        raise DataRefused(f"{path}: has no labelled tweets")
    labels = _parse_labels(table.column(0), path)
    kept = labels != _NEUTRAL
    return LabelledTweets(
        texts=table.column(1).filter(pa.array(kept)),
        labels=labels[kept],
        users=table.column(2).filter(pa.array(kept)),
        neutral=int(np.count_nonzero(~kept)),
        malformed=malformed,
    )


def _read_content(path: Path) -> bytes:
    try:
        with open_unpacked(path) as file:
            content = file.read()
    except OSError as error:
        raise DataRefused(f"{path}: cannot be read: {error}") from None
    if not content.strip():
        raise DataRefused(f"{path}: is empty")
    return content


def _read_parquet(content: bytes, path: Path) -> pa.Table:
    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        label, text = find_columns(file.schema_arrow.names, path)
        users = [USER_COLUMN] if USER_COLUMN in file.schema_arrow.names else []
        # A pool thread that still holds Python's bytes at interpreter exit aborts the process (apache/arrow#50482).
        table = file.read(columns=[label, text, *users], use_threads=False)
        texts = table.column(text).cast(pa.string())
        users_column = (
            table.column(USER_COLUMN).cast(pa.string()) if users else pa.nulls(len(texts), pa.string())
        )
        return pa.table([table.column(label), texts, users_column], names=["label", "text", "user"])
    except (pa.ArrowException, OSError) as error:
        raise DataRefused(f"{path}: cannot be read as labelled tweets in Parquet: {error}") from None


def _parse_labels(column: pa.ChunkedArray, path: Path) -> NDArray[np.int8]:
    try:
        written = column.cast(pa.string())
    except pa.ArrowException as error:
        raise DataRefused(f"{path}: labels of type {column.type} cannot be read: {error}") from None
    distinct = pc.utf8_lower(pc.utf8_trim_whitespace(written)).combine_chunks().dictionary_encode()
    values = distinct.dictionary.to_pylist()
    codes = pc.fill_null(distinct.indices, len(values)).to_numpy(zero_copy_only=False)
    known = np.array([value in _LABELS for value in values] + [False])
    if not known[codes].all():
        row = int(np.argmin(known[codes]))
        raise DataRefused(
            f"{path}: row {row + 1} has the label {written[row].as_py()!r}; expected 0/4, 0/1 or NEGATIVE/POSITIVE "
            "(2 and NEUTRAL are left out)"
        )
    labels: NDArray[np.int8] = np.array([_LABELS[value] for value in values], np.int8)[codes]
    return labels
