"""The files of one topic's chains: finding and reading them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from badbuzz.clients.storage import storage_errors
from badbuzz.contracts.scored_row import SCHEMA, Footer
from badbuzz.errors import DataRefused, Retry
from worker.chain.chain_file import ChainFile, parse_chain_file, separate_superseded
from worker.chain.range_file import RangeFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from obstore.store import ObjectStore

_TAIL_BYTES = 65_536
"""Read at a file's end to get at its footer: enough for nearly all, and one request to an object store."""

_MAGIC_BYTES = 8
"""What a Parquet file ends with: its footer's length and ``PAR1``."""

_AT_ONCE_BYTES = 16 * 2**20
"""Larger files are read column by column: of a merged one, most is text that nobody here asks for."""


class FilesMerged(Retry):
    """``badbuzz compact`` merged files while we were at it: one that was listed is gone, or a listing lacks some."""

    def __init__(self, problem: str) -> None:
        super().__init__("storage", f"{problem}; files were merged meanwhile, it seems")


class ChainFiles:
    """The files of ``topic`` under a store's root, known by their names; all others are left alone.

    Files that a merged file supersedes are not among them. Every method raises :class:`FilesMerged` if that happens
    to files while it reads them; a listing made meanwhile may lack some.
    """

    def __init__(self, store: ObjectStore, topic: str) -> None:
        self._store = store
        self._topic = topic

    def list_all(self) -> dict[int, list[ChainFile]]:
        """List each partition's files in offset order. Costs a listing of everything that was ever stored."""
        return self.list_all_and_superseded()[0]

    def list_all_and_superseded(self) -> tuple[dict[int, list[ChainFile]], list[ChainFile]]:
        """List each partition's files in offset order, and those that wait to be deleted.

        Newest day first: so a day that has a successor is listed when nobody adds to it any more.
        """
        files, superseded = separate_superseded(
            file for folder in self._folders() for file in self.list_folder(folder)
        )
        found: dict[int, list[ChainFile]] = {}
        for file in files:
            found.setdefault(file.partition, []).append(file)
        return found, superseded

    def iterate_newest_first(self, partition: int) -> Iterator[ChainFile]:
        """Go through one partition's files, from its last one back, listing day by day on the way."""
        for folder in self._folders():
            files = [file for file in self._in_folder(folder) if file.partition == partition]
            yield from reversed(files)

    def find_last(self, partitions: Collection[int]) -> dict[int, ChainFile]:
        """Find the last file of each partition that has one; lists only as many days as that takes.

        The first day in which a partition appears, from the latest back, holds its last file, because days
        never fall along a chain.
        """
        found: dict[int, ChainFile] = {}
        for folder in self._folders():
            missing = set(partitions) - found.keys()
            if not missing:
                break
            found |= {file.partition: file for file in self._in_folder(folder) if file.partition in missing}
        return found

    def has_offset(self, partition: int, offset: int) -> bool:
        """Tell whether the partition's chain has ``offset``, by a new listing."""
        for file in self.iterate_newest_first(partition):
            if file.first_offset <= offset:
                return self.read_footer(file).end_offset > offset
        return False

    def read_metadata(self, file: ChainFile) -> pq.FileMetaData:
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

    def read_footer(self, file: ChainFile, metadata: pq.FileMetaData | None = None) -> Footer:
        """Read what the file says of itself, and check it against its name.

        :raises DataRefused: if it was not written by Bad Buzz, or not under this name.
        """
        footer = Footer.from_metadata((metadata or self.read_metadata(file)).metadata, file=file.path)
        named = (self._topic, file.partition, file.first_offset, file.end_offset or footer.end_offset)
        inside = (footer.topic, footer.partition, footer.first_offset, footer.end_offset)
        if inside != named:
            raise DataRefused(
                f"{file.path}: its footer says {'-'.join(map(str, inside))}; give it its name back"
            )
        if footer.end_offset <= footer.first_offset:
            raise DataRefused(
                f"{file.path}: its footer says that it ends at {footer.end_offset}; restore it from a backup"
            )
        return footer

    def read_row_groups(self, file: ChainFile, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Read the named columns, row group by row group, so that memory holds one of them at a time.

        :raises DataRefused: if it is no whole Parquet file, or lacks a column.
        """
        with _reading(file), pq.ParquetFile(self._open(file)) as parquet:
            if missing := set(columns) - set(parquet.schema_arrow.names):
                raise DataRefused(
                    f"{file.path}: has no column {', '.join(sorted(missing))}; restore it from a backup"
                )
            for group in range(parquet.num_row_groups):
                # A pool thread that still holds Python's bytes when the interpreter ends aborts it (apache/arrow#50482).
                yield parquet.read_row_group(group, columns=list(columns), use_threads=False)

    def read_table(self, file: ChainFile, columns: Sequence[str]) -> pa.Table:
        """Read the named columns of all of the file's rows, which should not be a merged one: those are large.

        :raises DataRefused: if it is no whole Parquet file, or lacks a column.
        """
        tables = list(self.read_row_groups(file, columns))
        return pa.concat_tables(tables) if tables else SCHEMA.empty_table().select(list(columns))

    def list_folder(self, folder: str) -> list[ChainFile]:
        """List the topic's files in one day's folder, superseded ones included."""
        with storage_errors(f"listing {folder}"):
            objects = [entry for chunk in self._store.list(folder, chunk_size=1_000) for entry in chunk]
        found = (parse_chain_file(self._topic, entry["path"], entry["size"]) for entry in objects)
        return [file for file in found if file is not None]

    def _in_folder(self, folder: str) -> list[ChainFile]:
        return separate_superseded(self.list_folder(folder))[0]

    def _open(self, file: ChainFile) -> pa.BufferReader | RangeFile:
        if file.size > _AT_ONCE_BYTES:
            return RangeFile(self._store, file.path, file.size)
        return pa.BufferReader(pa.py_buffer(self._store.get(file.path).bytes()))

    def _tail(self, file: ChainFile, length: int) -> bytes:
        with _reading(file):
            return bytes(self._store.get_range(file.path, start=max(0, file.size - length), end=file.size))

    def _folders(self) -> list[str]:
        with storage_errors("listing days"):
            prefixes = self._store.list_with_delimiter()["common_prefixes"]
        return sorted((prefix for prefix in prefixes if prefix.startswith("dt=")), reverse=True)


@contextmanager
def _reading(file: ChainFile) -> Iterator[None]:
    with storage_errors(f"reading {file.path}"):
        try:
            yield
        except FileNotFoundError:
            raise FilesMerged(f"{file.path}: gone since it was listed") from None
        except (pa.ArrowException, OSError) as error:  # what obstore raises is none of both
            raise DataRefused(_damaged(file, error)) from None


def _damaged(file: ChainFile, why: object) -> str:
    return f"{file.path}: not a whole Parquet file ({why}); restore it from a backup"
