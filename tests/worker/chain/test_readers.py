"""What the analysis tools that README names read from a folder of scored rows, on the plain folder and on the glob."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.scored_row import SCHEMA, Totals
from tests.worker.chain.segments import NOON, TOPIC, TOPIC_ID, make_segment
from worker.chain.internal.identity import claim_identity
from worker.chain.stored_chain import StoredChain
from worker.compact.compaction import Compaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_Row = tuple[str, int]
"""Day and offset."""

EXPECTED = {(f"2026-03-{14 + offset // 100}", offset) for offset in range(300)}


def read_with_polars(path: str) -> list[_Row]:
    frame = (
        pl.scan_parquet(path, hive_partitioning=True).select(pl.col("dt").cast(pl.String), "offset").collect()
    )
    return frame.rows()


def read_with_pandas(path: str) -> list[_Row]:
    frame = pd.read_parquet(path)
    return list(zip(frame["dt"].astype(str), frame["offset"].tolist(), strict=True))


def read_with_pyarrow(path: str) -> list[_Row]:
    table = ds.dataset(path, format="parquet", partitioning="hive").to_table()
    assert [table.schema.field(name).type for name in SCHEMA.names] == SCHEMA.types
    return list(zip(table["dt"].to_pylist(), table["offset"].to_pylist(), strict=True))


def read_with_duckdb(path: str) -> list[_Row]:
    with duckdb.connect() as connection:
        query = f"SELECT dt::VARCHAR, \"offset\" FROM '{path}'"  # noqa: S608 - a path of our own
        return connection.execute(query).fetchall()


READERS: dict[str, tuple[Callable[[str], list[_Row]], str]] = {
    "polars on the folder": (read_with_polars, "{}"),
    "polars on the folder, with a slash": (read_with_polars, "{}/"),
    "polars on the glob": (read_with_polars, "{}/dt=*/*.parquet"),
    "polars on every file": (read_with_polars, "{}/**/*.parquet"),
    "pandas on the folder": (read_with_pandas, "{}"),
    "pyarrow on the folder": (read_with_pyarrow, "{}"),
    "duckdb on the glob": (read_with_duckdb, "{}/dt=*/*.parquet"),
    "duckdb on every file": (read_with_duckdb, "{}/**/*.parquet"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with three days of rows in six files, and every internal file that exists."""
    store = open_scored_store(str(tmp_path / "scored"))
    claim_identity(store)
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    chain.claim_origin(0, 0)
    chain.claim_origin(1, 0)
    totals = Totals()
    for first in range(0, 300, 50):
        segment = make_segment(first, first + 50, at=NOON.replace(day=14 + first // 100), before=totals)
        assert chain.publish(segment)
        totals = segment.totals
    assert store.staging
    (store.staging / "left-by-a-killed-process").write_bytes(b"PAR1")
    return tmp_path / "scored"


@pytest.mark.parametrize(("read", "form"), READERS.values(), ids=list(READERS))
def test_each_row_is_read_once(root: Path, read: Callable[[str], list[_Row]], form: str) -> None:
    found = read(form.format(root))
    assert Counter(found) == Counter(EXPECTED)


@pytest.mark.parametrize(("read", "form"), READERS.values(), ids=list(READERS))
def test_each_row_is_read_once_after_a_compaction(
    root: Path, read: Callable[[str], list[_Row]], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.compact.publish._GRACE_S", 0.0)
    report = Compaction(open_scored_store(str(root)), TOPIC, 10**6).run()
    assert [day.state for day in report.days] == ["compacted", "compacted", "open"]
    assert Counter(read(form.format(root))) == Counter(EXPECTED)


def test_polars_reads_a_folder_of_an_older_version_once_it_was_moved(root: Path) -> None:
    internal = root.with_name("scored.chain")
    (root / "_staging").mkdir()
    (internal / "staging" / "left-by-a-killed-process").unlink()
    (internal / "staging").rmdir()
    internal.rename(root / "_chain")
    with pytest.raises(pl.exceptions.PolarsError):
        read_with_polars(str(root))
    Compaction(open_scored_store(str(root)), TOPIC, 10**6).run()
    assert Counter(read_with_polars(str(root))) == Counter(EXPECTED)
    assert {path.name for path in root.iterdir()} == {"dt=2026-03-14", "dt=2026-03-15", "dt=2026-03-16"}
