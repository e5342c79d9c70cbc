"""Reads CSV in Sentiment140's layout as a :class:`~producer.files.tweet_file.TweetFile`.

The file is sorted by label, so mixing the classes requires reading it at two places at once. An index of the rows of each
class makes this possible. It takes 16 bytes per row.
"""

from __future__ import annotations

import re
from array import array
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from functools import partial
from typing import IO, TYPE_CHECKING, Final

from badbuzz.errors import DataRefused
from producer.files.csv_row import parse_row, read_date, read_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from badbuzz.contracts.tweet import Tweet
    from badbuzz.labelled.columns import Label
    from producer.files.seekable_file import SeekableFile
    from producer.rejected_rows import RejectedRow

MAX_ROW_BYTES: Final = 1 << 18
"""Maximum length of a row, so that a file without line ends cannot exhaust memory. A text has 25,000 characters at most."""

_ROW_START: Final = re.compile(rb"""["']?[0-9]["']?,["']?[0-9]+["']?,""")


RawRow = tuple[int, int, bytes]
"""A row: its line (from 1), its offset in bytes, its content. A plain tuple, because there are millions of them."""


@dataclass(frozen=True, slots=True)
class _RowIndex:
    offsets: array[int] = field(default_factory=lambda: array("q"))
    lengths: array[int] = field(default_factory=lambda: array("I"))
    lines: array[int] = field(default_factory=lambda: array("I"))


class CsvTweetFile:
    """A CSV file. The constructor indexes it (a second per million rows); rows are parsed when they are read.

    :raises DataRefused: if the file has no rows.
    """

    def __init__(self, file: SeekableFile) -> None:
        self._file = file
        self._index: dict[Label, _RowIndex] = {}
        with file.open() as stream:
            for line, offset, raw in split_rows(stream):
                label = read_label(raw)
                rows = self._index.get(label) or self._index.setdefault(label, _RowIndex())
                rows.offsets.append(offset)
                rows.lengths.append(len(raw))
                rows.lines.append(line)
        if not self._index:
            raise DataRefused(f"{file.path} has no rows; expected a CSV in Sentiment140's layout")

    def count_rows(self) -> Mapping[Label, int]:
        """Return the number of rows of each class that occurs."""
        return {label: len(rows.offsets) for label, rows in self._index.items()}

    def read_tweets(self, label: Label, start: int = 0) -> Iterator[Tweet | RejectedRow]:
        """Yield the rows of one class in the order of the file, from number ``start`` (from 0) on."""
        rows = self._index.get(label, _RowIndex())
        with self._file.open() as stream:
            for index in range(start, len(rows.offsets)):
                stream.seek(rows.offsets[index])
                yield parse_row(rows.lines[index], stream.read(rows.lengths[index]))

    def read_dates(self) -> array[int]:
        """Return the dates of all rows that have one: milliseconds since 1970, ascending."""
        with self._file.open() as stream:
            dates = [date for _, _, raw in split_rows(stream) if (date := read_date(raw)) is not None]
        return array("q", sorted(dates))

    def close(self) -> None:
        """Delete the temporary file."""
        self._file.close()


def split_rows(stream: IO[bytes]) -> Iterator[RawRow]:
    """Split a CSV into rows.

    A quoted text may have several lines. A quote that is never closed spoils one row, not the rest of the file.
    """
    open_row: list[RawRow] = []
    length = 0
    for row in _read_lines(stream):
        raw = row[2]
        odd = raw.count(b'"') & 1
        if not open_row and not odd:
            if not raw.isspace():
                yield row
            continue
        if length > MAX_ROW_BYTES or (open_row and _ROW_START.match(raw)):
            yield from open_row
            open_row, length = [], 0
        open_row.append(row)
        length += len(raw)
        if (odd and len(open_row) > 1) or (not odd and len(open_row) == 1):
            yield _join_rows(open_row)
            open_row, length = [], 0
    yield from open_row


def _read_lines(stream: IO[bytes]) -> Iterator[RawRow]:
    line, offset = 1, 0
    for raw in iter(partial(stream.readline, MAX_ROW_BYTES), b""):
        if offset or not raw.startswith(BOM_UTF8):
            yield line, offset, raw
        else:
            yield line, len(BOM_UTF8), raw[len(BOM_UTF8) :]
        offset += len(raw)
        line += raw.endswith(b"\n")


def _join_rows(rows: list[RawRow]) -> RawRow:
    line, offset, _ = rows[0]
    return line, offset, b"".join(raw for _, _, raw in rows)
