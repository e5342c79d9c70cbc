"""Finds and reads the files of one topic's chains."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from obstore.exceptions import BaseError

from badbuzz.clients.storage import storage_errors
from badbuzz.contracts.scored_row import (
    SCHEMA,
    SCHEMA_VERSION,
    Footer,
    list_lacking_columns,
    read_schema_version,
    upgrade_table,
)
from badbuzz.errors import BadBuzzError, DataRefused, Retry
from worker.chain.chain_file import ChainFile, parse_chain_file, separate_superseded
from worker.chain.file_format.digest import compute_digest, find_digest
from worker.chain.file_format.range_file import RangeFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from obstore.store import ObjectStore

_TAIL_BYTES = 65_536
"""Read from a file's end to get its footer in one request. It is enough for nearly all files."""

_MAGIC_BYTES = 8
"""The last bytes of a Parquet file: the length of its footer, and ``PAR1``."""

_AT_ONCE_BYTES = 16 * 2**20
"""Larger files are read column by column: most of a merged file is text, which readers here do not need."""


class FilesMerged(Retry):
    """``badbuzz compact`` merged files during a read: a listed file is gone, or a listing lacks some files."""

    def __init__(self, problem: str) -> None:
        super().__init__("storage", f"{problem}; files were merged meanwhile, it seems")


class ChainFiles:
    """The files of ``topic`` under a store's root. Files with other names are ignored.

    Listings leave out the files that a merged file supersedes. A listing made during a compaction may lack files, and
    every method that reads a file raises :class:`FilesMerged` if a compaction deletes it meanwhile.
    """

    def __init__(self, store: ObjectStore, topic: str) -> None:
        self._store = store
        self._topic = topic

    def list_all(self) -> dict[int, list[ChainFile]]:
        """List each partition's files in offset order. This lists everything that was ever stored."""
        return self.list_all_and_superseded()[0]

    def list_all_and_superseded(self) -> tuple[dict[int, list[ChainFile]], list[ChainFile]]:
        """List each partition's files in offset order, and the superseded files that are not yet deleted.

        The newest day comes first: a closed day is listed after its successor, so it is already complete.
        """
        files, superseded = separate_superseded(
            file for folder in self._list_days() for file in self.list_folder(folder)
        )
        found: dict[int, list[ChainFile]] = {}
        for file in files:
            found.setdefault(file.partition, []).append(file)
        return found, superseded

    def iterate_newest_first(self, partition: int) -> Iterator[ChainFile]:
        """Yield one partition's files from the last one back. Each day is listed when it is reached."""
        for folder in self._list_days():
            files = [file for file in self._list_valid(folder) if file.partition == partition]
            yield from reversed(files)

    def find_last(self, partitions: Collection[int]) -> dict[int, ChainFile]:
        """Find the last file of each partition that has files, listing only as many days as necessary.

        The latest day that contains a partition holds its last file, because days never fall along a chain.
        """
        found: dict[int, ChainFile] = {}
        for folder in self._list_days():
            missing = set(partitions) - found.keys()
            if not missing:
                break
            found |= {file.partition: file for file in self._list_valid(folder) if file.partition in missing}
        return found

    def has_offset(self, partition: int, offset: int) -> bool:
        """Return whether the partition's chain contains ``offset``, according to a new listing."""
        for file in self.iterate_newest_first(partition):
            if file.first_offset <= offset:
                return self.read_footer(file).end_offset > offset
        return False

    def read_metadata(self, file: ChainFile) -> pq.FileMetaData:
        """Read the file's Parquet metadata from its tail.

        :raises DataRefused: if it is not a whole Parquet file.
        """
        with _reading(file):
            return pq.read_metadata(pa.BufferReader(self._read_tail(file)))

    def read_footer(self, file: ChainFile, metadata: pq.FileMetaData | None = None) -> Footer:
        """Read the file's Bad Buzz footer and check it against the file's name.

        :raises DataRefused: if the file was not written by Bad Buzz, or not under this name.
        """
        footer = Footer.from_metadata((metadata or self.read_metadata(file)).metadata, file=file.path)
        named = (self._topic, file.partition, file.first_offset, file.end_offset or footer.end_offset)
        inside = (footer.topic, footer.partition, footer.first_offset, footer.end_offset)
        if inside != named:
            raise DataRefused(
                f"{file.path}: its name does not match its footer (topic {footer.topic}, partition {footer.partition}, offsets "
                f"{footer.first_offset} to {footer.end_offset - 1}); rename it"
            )
        if footer.end_offset <= footer.first_offset:
            raise DataRefused(
                f"{file.path}: its footer says that it ends at {footer.end_offset}; restore it from a backup"
            )
        return footer

    def read_row_groups(self, file: ChainFile, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Read the named columns one row group at a time, so that memory holds a single row group.

        Rows of an older schema version have the columns of the current one.

        :raises DataRefused: if it is not a whole Parquet file, or lacks a column.
        """
        with (
            _reading(file),
            pq.ParquetFile(self._open(file), page_checksum_verification=True) as parquet,
        ):
            version = read_schema_version(parquet.schema_arrow.metadata)
            lacking = list_lacking_columns(version)
            if missing := set(columns) - set(parquet.schema_arrow.names) - lacking:
                raise DataRefused(
                    f"{file.path}: has no column {', '.join(sorted(missing))}; restore it from a backup"
                )
            stored = [name for name in columns if name not in lacking]
            if wrong := [
                name for name in stored if parquet.schema_arrow.field(name).type != SCHEMA.field(name).type
            ]:
                raise DataRefused(
                    f"{file.path}: its columns are not those of the contract: {', '.join(wrong)}; restore it from a backup"
                )
            for group in range(parquet.num_row_groups):
                # A pool thread that holds Python bytes when the interpreter exits aborts it (apache/arrow#50482).
                table = parquet.read_row_group(group, columns=stored, use_threads=False)
                yield table if version == SCHEMA_VERSION else upgrade_table(table, columns)

    def check_digest(self, file: ChainFile) -> bool:
        """Compare the whole file with its digest. Return False if it has none, as files of older versions.

        :raises DataRefused: if any byte of the file has changed since it was written.
        """
        with _reading(file):
            found = find_digest(self._read_tail(file), file.size)
            if found is None:
                return False
            position, digest = found
            read = partial(_read_range, self._store, file.path)
            if compute_digest(read, file.size, position) != digest:
                raise DataRefused(
                    f"{file.path}: changed since it was written, according to its digest; restore it from a backup"
                )
        return True

    def list_folder(self, folder: str) -> list[ChainFile]:
        """List the topic's files in one day's folder, including superseded ones."""
        with storage_errors(f"listing {folder}"):
            objects = [entry for chunk in self._store.list(folder, chunk_size=1_000) for entry in chunk]
        found = (parse_chain_file(self._topic, entry["path"], entry["size"]) for entry in objects)
        return [file for file in found if file is not None]

    def _list_valid(self, folder: str) -> list[ChainFile]:
        return separate_superseded(self.list_folder(folder))[0]

    def _list_days(self) -> list[str]:
        with storage_errors("listing days"):
            prefixes = self._store.list_with_delimiter()["common_prefixes"]
        return sorted((prefix for prefix in prefixes if prefix.startswith("dt=")), reverse=True)

    def _open(self, file: ChainFile) -> pa.BufferReader | RangeFile:
        if file.size > _AT_ONCE_BYTES:
            return RangeFile(self._store, file.path, file.size)
        return pa.BufferReader(pa.py_buffer(self._store.get(file.path).bytes()))

    def _read_tail(self, file: ChainFile) -> bytes:
        """Read the end of a file, with its whole footer."""
        if file.size <= _MAGIC_BYTES:
            raise DataRefused(_describe_damage(file, f"{file.size} bytes"))
        read = partial(_read_range, self._store, file.path)
        tail = read(max(0, file.size - _TAIL_BYTES), file.size)
        length = int.from_bytes(tail[-_MAGIC_BYTES:-4], "little") + _MAGIC_BYTES
        return read(file.size - length, file.size) if len(tail) < length <= file.size else tail


def _read_range(store: ObjectStore, path: str, start: int, end: int) -> bytes:
    return bytes(store.get_range(path, start=start, end=end))


@contextmanager
def _reading(file: ChainFile) -> Iterator[None]:
    with storage_errors(f"reading {file.path}"):
        try:
            yield
        except FileNotFoundError:
            raise FilesMerged(f"{file.path}: gone since it was listed") from None
        except (BadBuzzError, BaseError, MemoryError):  # the file is not to blame
            raise
        except Exception as error:  # noqa: BLE001 - pyarrow raises many kinds for a damaged file, among them OSError
            raise DataRefused(_describe_damage(file, error)) from None


def _describe_damage(file: ChainFile, why: object) -> str:
    return f"{file.path}: not a whole Parquet file ({why}); restore it from a backup"
