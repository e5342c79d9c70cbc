"""The files of one topic's chains: finding and reading them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from badbuzz.errors import DataRefused
from badbuzz.scored_row import Footer, parse_path
from badbuzz.storage import storage_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from obstore.store import ObjectStore

_TAIL_BYTES = 65_536
"""Read at a file's end to get at its footer: enough for nearly all, and one request to an object store."""

_MAGIC_BYTES = 8
"""What a Parquet file ends with: its footer's length and ``PAR1``."""


@dataclass(frozen=True, slots=True, order=True)
class ChainFile:
    """One published file, as its name describes it. Files sort by partition and offset."""

    partition: int
    first_offset: int
    day: date
    path: str
    size: int


class ChainFiles:
    """The files of ``topic`` under a store's root, known by their names; all others are left alone."""

    def __init__(self, store: ObjectStore, topic: str) -> None:
        self._store = store
        self._topic = topic

    def all(self) -> dict[int, list[ChainFile]]:
        """List each partition's files in offset order. Costs a listing of everything that was ever stored."""
        found: dict[int, list[ChainFile]] = {}
        for folder in self._folders():
            for file in self._in_folder(folder):
                found.setdefault(file.partition, []).append(file)
        return {partition: sorted(files) for partition, files in sorted(found.items())}

    def newest_first(self, partition: int) -> Iterator[ChainFile]:
        """Go through one partition's files, from its last one back, listing day by day on the way."""
        for folder in self._folders():
            files = [file for file in self._in_folder(folder) if file.partition == partition]
            yield from sorted(files, reverse=True)

    def last(self, partitions: Collection[int]) -> dict[int, ChainFile]:
        """Find the last file of each partition that has one; lists only as many days as that takes.

        The first day in which a partition appears, from the latest back, holds its last file, because days
        never fall along a chain.
        """
        found: dict[int, ChainFile] = {}
        for folder in self._folders():
            missing = set(partitions) - found.keys()
            if not missing:
                break
            found |= {
                file.partition: file for file in sorted(self._in_folder(folder)) if file.partition in missing
            }
        return found

    def metadata(self, file: ChainFile) -> pq.FileMetaData:
        """Read the file's Parquet metadata, and nothing but its tail.

        :raises DataRefused: if it is no whole Parquet file.
        """
        if file.size <= _MAGIC_BYTES:
            raise DataRefused(_damaged(file, f"{file.size} bytes"))
        tail = self._tail(file, _TAIL_BYTES)
        length = int.from_bytes(tail[-_MAGIC_BYTES:-4], "little") + _MAGIC_BYTES
        if len(tail) < length <= file.size:
            tail = self._tail(file, length)
        try:
            return pq.read_metadata(pa.BufferReader(tail))
        except pa.ArrowException as error:
            raise DataRefused(_damaged(file, error)) from None

    def footer(self, file: ChainFile, metadata: pq.FileMetaData | None = None) -> Footer:
        """Read what the file says of itself, and check it against its name.

        :raises DataRefused: if it was not written by Bad Buzz, or not under this name.
        """
        footer = Footer.from_metadata((metadata or self.metadata(file)).metadata, file=file.path)
        named = (self._topic, file.partition, file.first_offset)
        inside = (footer.topic, footer.partition, footer.first_offset)
        if inside != named:
            raise DataRefused(
                f"{file.path}: its footer says {'-'.join(map(str, inside))}; give it its name back"
            )
        if footer.end_offset <= footer.first_offset:
            raise DataRefused(
                f"{file.path}: its footer says that it ends at {footer.end_offset}; restore it from a backup"
            )
        return footer

    def table(self, file: ChainFile, columns: Sequence[str]) -> pa.Table:
        """Read the named columns of all of the file's rows.

        :raises DataRefused: if it is no whole Parquet file, or lacks a column.
        """
        with storage_errors(f"reading {file.path}"):
            content = self._store.get(file.path).bytes()
        try:
            with pq.ParquetFile(pa.BufferReader(pa.py_buffer(content))) as parquet:
                # A pool thread that still holds Python's bytes when the interpreter ends aborts it (apache/arrow#50482).
                table = parquet.read(columns=list(columns), use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise DataRefused(_damaged(file, error)) from None
        if missing := set(columns) - set(table.column_names):
            raise DataRefused(
                f"{file.path}: has no column {', '.join(sorted(missing))}; restore it from a backup"
            )
        return table

    def _tail(self, file: ChainFile, length: int) -> bytes:
        with storage_errors(f"reading {file.path}"):
            return bytes(self._store.get_range(file.path, start=max(0, file.size - length), end=file.size))

    def _folders(self) -> list[str]:
        with storage_errors("listing days"):
            prefixes = self._store.list_with_delimiter()["common_prefixes"]
        return sorted((prefix for prefix in prefixes if prefix.startswith("dt=")), reverse=True)

    def _in_folder(self, folder: str) -> Iterator[ChainFile]:
        with storage_errors(f"listing {folder}"):
            objects = [entry for chunk in self._store.list(folder, chunk_size=1_000) for entry in chunk]
        for entry in objects:
            match parse_path(entry["path"]):
                case (self._topic, partition, first_offset, day):
                    yield ChainFile(partition, first_offset, day, entry["path"], entry["size"])


def _damaged(file: ChainFile, why: object) -> str:
    return f"{file.path}: not a whole Parquet file ({why}); restore it from a backup"
