"""A Parquet file of tweets as a :class:`~producer.files.tweet_file.TweetFile`, streamed by row group.

Columns: ``text``; optionally ``id``, ``label`` (0/1, Sentiment140's 0/2/4, or the words negative/positive),
``date`` or ``created_at``, ``user`` or ``author``, ``lang``. A row without an id is named after the file and its
row number.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from badbuzz.errors import DataRefused
from badbuzz.labelled.labels import LABELS
from badbuzz.validation import shorten
from producer.files.tweet_file import find_problem
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from badbuzz.contracts.tweet import Tweet
    from badbuzz.labelled.labels import Label
    from producer.files.seekable_file import SeekableFile

SOURCE: Final = "parquet"

_ROWS_AT_ONCE: Final = 8_192
_SYNONYMS: Final = {"created_at": ("created_at", "date"), "author": ("author", "user")}
_NUMBERS: Final[dict[object, Label]] = {
    int(number): label for number, label in LABELS.items() if number.isdecimal()
}


class ParquetTweetFile:
    """A Parquet file of tweets.

    :raises DataRefused: if it is damaged, holds no rows, or has no column ``text`` of strings.
    """

    def __init__(self, content: SeekableFile) -> None:
        self._content = content
        self._path = content.path
        try:
            self._file = pq.ParquetFile(content.plain_path)
        except pa.ArrowInvalid as error:
            content.close()
            raise DataRefused(f"{self._path} is no readable Parquet file: {error}") from None
        self._schema: pa.Schema = self._file.schema_arrow
        self._columns = self._find_columns()
        self._labels = self._known_labels()
        self._counts = [self._count(group) for group in range(self._file.num_row_groups)]

    def count_rows(self) -> Mapping[Label, int]:
        """Number of rows of each class that has any."""
        sizes: dict[Label, int] = {}
        for counts in self._counts:
            for label, count in counts.items():
                sizes[label] = sizes.get(label, 0) + count
        return sizes

    def read_tweets(self, label: Label, start: int = 0) -> Iterator[Tweet | RejectedRow]:
        """The rows of one class in the file's order, from its ``start``-th on."""
        first_row = 1
        for group, counts in enumerate(self._counts):
            count = counts.get(label, 0)
            if count > start:
                yield from self._group(group, label, start, first_row)
            start = max(0, start - count)
            first_row += self._file.metadata.row_group(group).num_rows

    def read_dates(self) -> array[int]:
        """When its tweets were written: milliseconds since 1970, ascending; none without timestamps."""
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
            raise DataRefused(f"{self._path} holds no rows")
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

    def _known_labels(self) -> Mapping[Any, Label]:
        if "label" not in self._columns:
            return {}
        kind = self._schema.field("label").type
        if pa.types.is_integer(kind):
            return _NUMBERS
        if _is_text(kind):
            return LABELS
        raise DataRefused(f"{self._path}: the column label holds {kind}, expected integers or strings")

    def _count(self, group: int) -> dict[Label, int]:
        if "label" not in self._columns:
            return {None: self._file.metadata.row_group(group).num_rows}
        counts: dict[Label, int] = {}
        labels = self._file.read_row_group(group, columns=["label"]).column("label")
        for entry in pc.value_counts(self._comparable(labels)).to_pylist():
            label = self._labels.get(entry["values"])
            counts[label] = counts.get(label, 0) + entry["counts"]
        return counts

    def _group(self, group: int, label: Label, start: int, first_row: int) -> Iterator[Tweet | RejectedRow]:
        # Without dates: turning them into Python objects costs more than all the rest, and a replay has its clock.
        names = {name: field for field, name in self._columns.items() if field != "created_at"}
        for batch in self._file.iter_batches(_ROWS_AT_ONCE, row_groups=[group], columns=list(names)):
            rows = pa.table(batch).rename_columns([names[name] for name in batch.schema.names])
            rows = rows.append_column("row", pa.array(range(first_row, first_row + len(rows))))
            first_row += len(rows)
            rows = rows.filter(self._of_class(rows, label))
            yield from map(self._tweet, rows.slice(start).to_pylist())
            start = max(0, start - len(rows))

    def _comparable(self, labels: pa.ChunkedArray) -> pa.ChunkedArray:
        return pc.utf8_lower(labels) if _is_text(labels.type) else labels.cast(pa.int64())

    def _of_class(self, rows: pa.Table, label: Label) -> pa.ChunkedArray | pa.Array:
        if "label" not in self._columns:
            return pa.array([label is None] * len(rows))
        labels = self._comparable(rows.column("label"))
        wanted = [
            value for value, known in self._labels.items() if known is not None and label in {known, None}
        ]
        found = pc.is_in(labels, pa.array(wanted, labels.type))
        return pc.invert(found) if label is None else found

    def _tweet(self, row: dict[str, Any]) -> Tweet | RejectedRow:
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
