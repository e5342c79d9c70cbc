"""Reads Parquet as a :class:`~producer.files.tweet_file.TweetFile`, one row group after another.

Columns: ``text``; optionally ``id``, ``label`` (see :mod:`badbuzz.labelled.columns`), ``date`` or ``created_at``, ``user`` or
``author``, ``lang``. A row without an id gets one from the file's name and the row number.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from badbuzz.errors import DataRefused, shorten
from badbuzz.labelled.columns import LABELS
from producer.files.tweet_file import find_problem
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from badbuzz.contracts.tweet import Tweet
    from badbuzz.labelled.columns import Label
    from producer.files.seekable_file import SeekableFile

SOURCE: Final = "parquet"

_ROWS_AT_ONCE: Final = 8_192
_SYNONYMS: Final = {"created_at": ("created_at", "date"), "author": ("author", "user")}
_NUMBERS: Final[dict[object, Label]] = {
    int(number): label for number, label in LABELS.items() if number.isdecimal()
}


class ParquetTweetFile:
    """A Parquet file of tweets.

    :raises DataRefused: if the file is damaged, has no rows, or has no column ``text`` of strings.
    """

    def __init__(self, content: SeekableFile) -> None:
        self._content = content
        self._path = content.path
        try:
            self._file = pq.ParquetFile(content.plain_path)
        except pa.ArrowInvalid as error:
            raise DataRefused(f"{self._path} is not a readable Parquet file: {error}") from None
        self._schema: pa.Schema = self._file.schema_arrow
        self._columns = self._find_columns()
        self._labels = self._choose_labels()
        self._counts = [self._count_labels(group) for group in range(self._file.num_row_groups)]

    def count_rows(self) -> Mapping[Label, int]:
        """Return the number of rows of each class that occurs."""
        sizes: dict[Label, int] = {}
        for counts in self._counts:
            for label, count in counts.items():
                sizes[label] = sizes.get(label, 0) + count
        return sizes

    def read_tweets(self, label: Label, start: int = 0) -> Iterator[Tweet | RejectedRow]:
        """Yield the rows of one class in the order of the file, from number ``start`` (from 0) on."""
        first_row = 1
        for group, counts in enumerate(self._counts):
            count = counts.get(label, 0)
            if count > start:
                yield from self._read_group(group, label, start, first_row)
            start = max(0, start - count)
            first_row += self._file.metadata.row_group(group).num_rows

    def read_dates(self) -> array[int]:
        """Return the dates of all rows that have one: milliseconds since 1970, ascending. Empty without timestamps."""
        name = self._columns.get("created_at")
        if name is None or not pa.types.is_timestamp(self._schema.field(name).type):
            return array("q")
        dates = (
            self._file.read(columns=[name])
            .column(name)
            .drop_null()
            .cast(pa.timestamp("ms"), safe=False)
            .cast(pa.int64())
        )
        return array("q", pc.take(dates, pc.sort_indices(dates)).to_pylist())

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._content.close()

    def _find_columns(self) -> dict[str, str]:
        if not self._file.metadata.num_rows:
            raise DataRefused(f"{self._path} has no rows")
        present = set(self._schema.names)
        columns = {}
        for field in ("id", "text", "label", "created_at", "author", "lang"):
            name = next((name for name in _SYNONYMS.get(field, (field,)) if name in present), None)
            if name is not None:
                columns[field] = name
        if "text" not in columns:
            raise DataRefused(f"{self._path} has no column text, only {', '.join(self._schema.names)}")
        text = self._schema.field("text").type
        if not _is_text(text):
            raise DataRefused(f"{self._path}: the column text holds {text}, expected strings")
        return columns

    def _choose_labels(self) -> Mapping[Any, Label]:
        if "label" not in self._columns:
            return {}
        kind = self._schema.field("label").type
        if pa.types.is_integer(kind):
            return _NUMBERS
        if _is_text(kind):
            return LABELS
        raise DataRefused(f"{self._path}: the column label holds {kind}, expected integers or strings")

    def _count_labels(self, group: int) -> dict[Label, int]:
        if "label" not in self._columns:
            return {None: self._file.metadata.row_group(group).num_rows}
        counts: dict[Label, int] = {}
        labels = self._file.read_row_group(group, columns=["label"]).column("label")
        for entry in pc.value_counts(self._normalise_labels(labels)).to_pylist():
            label = self._labels.get(entry["values"])
            counts[label] = counts.get(label, 0) + entry["counts"]
        return counts

    def _read_group(
        self, group: int, label: Label, start: int, first_row: int
    ) -> Iterator[Tweet | RejectedRow]:
        # Dates are left out: converting them to Python objects costs more than all the rest, and a replay sets its own dates.
        names = {name: field for field, name in self._columns.items() if field != "created_at"}
        for batch in self._file.iter_batches(_ROWS_AT_ONCE, row_groups=[group], columns=list(names)):
            rows = pa.table(batch).rename_columns([names[name] for name in batch.schema.names])
            rows = rows.append_column("row", pa.array(range(first_row, first_row + len(rows))))
            first_row += len(rows)
            rows = rows.filter(self._select_class(rows, label))
            yield from map(self._parse_row, rows.slice(start).to_pylist())
            start = max(0, start - len(rows))

    def _normalise_labels(self, labels: pa.ChunkedArray) -> pa.ChunkedArray:
        return pc.utf8_lower(labels) if _is_text(labels.type) else labels.cast(pa.int64())

    def _select_class(self, rows: pa.Table, label: Label) -> pa.ChunkedArray | pa.Array:
        if "label" not in self._columns:
            return pa.array([label is None] * len(rows))
        labels = self._normalise_labels(rows.column("label"))
        wanted = [
            value for value, known in self._labels.items() if known is not None and label in {known, None}
        ]
        found = pc.is_in(labels, pa.array(wanted, labels.type))
        return pc.invert(found) if label is None else found

    def _parse_row(self, row: dict[str, Any]) -> Tweet | RejectedRow:
        number, label = row["row"], row.get("label")
        known = label.lower() if isinstance(label, str) else label
        if known is not None and known not in self._labels:
            expected = ", ".join(map(str, self._labels))
            return RejectedRow(number, f"label {shorten(label)}, expected one of {expected}", repr(row))
        tweet: Tweet = {
            "id": f"{self._path.stem}-{number}" if row.get("id") is None else str(row["id"]),
            "text": row["text"] or "",
            "author": None if row.get("author") is None else str(row["author"]),
            "lang": None if row.get("lang") is None else str(row["lang"]),
            "source": SOURCE,
            "label": self._labels.get(known),
        }
        if problem := find_problem(tweet):
            return RejectedRow(number, problem, repr(row))
        return tweet


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
