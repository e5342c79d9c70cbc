"""Sentiment140's CSV as a :class:`~producer.files.tweet_file.TweetFile`, by an index of where each class's rows are.

The file is sorted by label, so whoever mixes the classes must read it in two places at once. The index takes
16 bytes a row.
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
    from badbuzz.labelled.labels import Label
    from producer.files.seekable_file import SeekableFile
    from producer.rejected_rows import RejectedRow

MAX_ROW_BYTES: Final = 1 << 18
"""Longest row that is read as one: it holds a text of 25,000 characters; a file without line ends must not fill
the memory."""

_ROW_START: Final = re.compile(rb"""["']?[0-9]["']?,["']?[0-9]+["']?,""")


RawRow = tuple[int, int, bytes]
"""A row: its line (from 1), its offset in bytes, its bytes. A plain tuple: there are millions of them."""


@dataclass(frozen=True, slots=True)
class _Places:
    offsets: array[int] = field(default_factory=lambda: array("q"))
    lengths: array[int] = field(default_factory=lambda: array("I"))
    lines: array[int] = field(default_factory=lambda: array("I"))


class CsvTweetFile:
    """A CSV file: indexed when it is made (a second per million rows), parsed when its rows are asked for.

    :raises DataRefused: if it holds no rows.
    """

    def __init__(self, file: SeekableFile) -> None:
        self._file = file
        self._places: dict[Label, _Places] = {}
        with file.open() as stream:
            for line, offset, raw in split_rows(stream):
                label = read_label(raw)
                places = self._places.get(label) or self._places.setdefault(label, _Places())
                places.offsets.append(offset)
                places.lengths.append(len(raw))
                places.lines.append(line)
        if not self._places:
            file.close()
            raise DataRefused(f"{file.path} holds no rows; expected a CSV in Sentiment140's layout")

    def count_rows(self) -> Mapping[Label, int]:
        """Number of rows of each class that has any."""
        return {label: len(places.offsets) for label, places in self._places.items()}

    def read_tweets(self, label: Label, start: int = 0) -> Iterator[Tweet | RejectedRow]:
        """The rows of one class in the file's order, from its ``start``-th on."""
        places = self._places.get(label, _Places())
        with self._file.open() as stream:
            for index in range(start, len(places.offsets)):
                stream.seek(places.offsets[index])
                yield parse_row(places.lines[index], stream.read(places.lengths[index]))

    def read_dates(self) -> array[int]:
        """When its tweets were written: milliseconds since 1970, ascending."""
        with self._file.open() as stream:
            dates = [date for _, _, raw in split_rows(stream) if (date := read_date(raw)) is not None]
        return array("q", sorted(dates))

    def close(self) -> None:
        """Remove what was unpacked."""
        self._file.close()


def split_rows(stream: IO[bytes]) -> Iterator[RawRow]:
    """Split a CSV into rows.

    A quoted text may run over several lines; a quote that never closes costs one row, not the rest of the file.
    """
    open_row: list[RawRow] = []
    length = 0
    for record in _lines(stream):
        raw = record[2]
        odd = raw.count(b'"') & 1
        if not open_row and not odd:
            if not raw.isspace():
                yield record
            continue
        if length > MAX_ROW_BYTES or (open_row and _ROW_START.match(raw)):
            yield from open_row
            open_row, length = [], 0
        open_row.append(record)
        length += len(raw)
        if (odd and len(open_row) > 1) or (not odd and len(open_row) == 1):
            yield _joined(open_row)
            open_row, length = [], 0
    yield from open_row


def _lines(stream: IO[bytes]) -> Iterator[RawRow]:
    line, offset = 1, 0
    for raw in iter(partial(stream.readline, MAX_ROW_BYTES), b""):
        if offset or not raw.startswith(BOM_UTF8):
            yield line, offset, raw
        else:
            yield line, len(BOM_UTF8), raw[len(BOM_UTF8) :]
        offset += len(raw)
        line += raw.endswith(b"\n")


def _joined(rows: list[RawRow]) -> RawRow:
    line, offset, _ = rows[0]
    return line, offset, b"".join(raw for _, _, raw in rows)
