"""Labelled tweets from a file of any of the usual kinds, read whole, to train a model or to evaluate one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from badbuzz.errors import DataRefused
from badbuzz.labelled.labelled_csv import read_csv
from badbuzz.labelled.labels import LABELS
from badbuzz.labelled.unpacking import PARQUET_MAGIC, open_unpacked

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from numpy.typing import NDArray

LABEL_COLUMNS: Final = ("label", "polarity", "sentiment", "target")
TEXT_COLUMNS: Final = ("text", "tweet")
USER_COLUMN: Final = "user"

_NEUTRAL: Final = -1
_MEANINGS: Final = {value: _NEUTRAL if label is None else label for value, label in LABELS.items()}


@dataclass(frozen=True, slots=True)
class LabelledTweets:
    """Texts, int8 labels [n] (0 negative, 1 positive), and who wrote each text (null where the file does not say).

    ``neutral`` tweets were left out, as a model knows two classes only; so were ``malformed`` rows of a CSV.
    """

    texts: pa.ChunkedArray
    labels: NDArray[np.int8]
    users: pa.ChunkedArray
    neutral: int
    malformed: int


def read_labelled(path: Path) -> LabelledTweets:
    """Read Parquet or CSV, plain, gzipped or in a zip file; the content tells which, not the name.

    The columns are a text and a label (0/4, 0/1, or NEGATIVE/POSITIVE in any case; 2 and NEUTRAL are neutral), found by
    their names; a CSV without names is of Sentiment140's six columns.

    :raises DataRefused: if the file is none of these, holds no rows, or a label is none of these.
    """
    content = _read_content(path)
    if content.startswith(PARQUET_MAGIC):
        table, malformed = _read_parquet(content, path), 0
    else:
        table, malformed = read_csv(content, path, pick)
    if not table.num_rows:
        raise DataRefused(f"{path}: holds no labelled tweet")
    labels = _meanings(table.column(0), path)
    told = labels != _NEUTRAL
    return LabelledTweets(
        texts=table.column(1).filter(pa.array(told)),
        labels=labels[told],
        users=table.column(2).filter(pa.array(told)),
        neutral=int(np.count_nonzero(~told)),
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


def pick(columns: Collection[str], path: Path) -> tuple[str, str]:
    """Find the label's and the text's column among the names of all.

    :raises DataRefused: if there is not exactly one of each.
    """
    found = []
    for what, wanted in (("label", LABEL_COLUMNS), ("text", TEXT_COLUMNS)):
        candidates = [column for column in columns if column.strip().lower() in wanted]
        if len(candidates) != 1:
            raise DataRefused(
                f"{path}: expected one column for the {what} ({', '.join(wanted)}), found {candidates or 'none'} among "
                f"{', '.join(columns)}"
            )
        found += candidates
    return found[0], found[1]


def _read_parquet(content: bytes, path: Path) -> pa.Table:
    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        label, text = pick(file.schema_arrow.names, path)
        users = [USER_COLUMN] if USER_COLUMN in file.schema_arrow.names else []
        # A pool thread that still holds Python's bytes when the interpreter ends aborts it (apache/arrow#50482).
        table = file.read(columns=[label, text, *users], use_threads=False)
        texts = table.column(text).cast(pa.string())
        written_by = (
            table.column(USER_COLUMN).cast(pa.string()) if users else pa.nulls(len(texts), pa.string())
        )
        return pa.table([table.column(label), texts, written_by], names=["label", "text", "user"])
    except (pa.ArrowException, OSError) as error:
        raise DataRefused(f"{path}: cannot be read as labelled tweets in Parquet: {error}") from None


def _meanings(labels: pa.ChunkedArray, path: Path) -> NDArray[np.int8]:
    try:
        written = labels.cast(pa.string())
    except pa.ArrowException as error:
        raise DataRefused(f"{path}: labels of type {labels.type} cannot be read: {error}") from None
    distinct = pc.utf8_lower(pc.utf8_trim_whitespace(written)).combine_chunks().dictionary_encode()
    values = distinct.dictionary.to_pylist()
    codes = pc.fill_null(distinct.indices, len(values)).to_numpy(zero_copy_only=False)
    known = np.array([value in _MEANINGS for value in values] + [False])
    if not known[codes].all():
        row = int(np.argmin(known[codes]))
        raise DataRefused(
            f"{path}: row {row + 1} has the label {written[row].as_py()!r}; expected 0/4, 0/1 or NEGATIVE/POSITIVE "
            "(2 and NEUTRAL are left out)"
        )
    meanings: NDArray[np.int8] = np.array([_MEANINGS[value] for value in values], np.int8)[codes]
    return meanings
