"""A stored object as a file: what is read, and how many bytes are fetched."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from worker.chain.file_format.range_file import RangeFile

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from badbuzz.clients.scored_store import ScoredStore

CONTENT = bytes(range(100))


class CountingStore:
    """Counts the bytes that are fetched."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.fetched = 0

    def get_range(self, path: str, *, start: int, end: int) -> Any:
        self.fetched += end - start
        return self.store.get_range(path, start=start, end=end)


def test_reads_follow_the_position(store: ScoredStore) -> None:
    store.rows.put("x", CONTENT)
    file = RangeFile(store.rows, "x", len(CONTENT))
    assert (file.read(3), file.tell()) == (CONTENT[:3], 3)
    assert (file.seek(-10, io.SEEK_END), file.read(4)) == (90, CONTENT[90:94])
    assert (file.seek(2, io.SEEK_CUR), file.read()) == (96, CONTENT[96:])
    assert (file.read(), file.read(5)) == (b"", b"")
    assert (file.seek(98), file.read(50)) == (98, CONTENT[98:])


def test_a_missing_object_is_not_found(store: ScoredStore) -> None:
    with pytest.raises(FileNotFoundError):
        RangeFile(store.rows, "x", 10).read(1)


def test_pyarrow_fetches_only_the_columns_it_reads(store: ScoredStore) -> None:
    table = pa.table({"offset": range(50_000), "text": [f"{n:0200d}" for n in range(50_000)]})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="none", use_dictionary=False, row_group_size=10_000)
    content = sink.getvalue().to_pybytes()
    store.rows.put("x", content)
    counting = CountingStore(store.rows)
    with pq.ParquetFile(RangeFile(counting, "x", len(content))) as parquet:  # type: ignore[arg-type] # nothing else is used
        assert parquet.read(["offset"]).equals(table.select(["offset"]))
    assert 8 * 50_000 < counting.fetched < len(content) / 10
