"""What analysts read, and the query of ``docs/compaction.md``."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.dataset
import pytest

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.scored_row import SCHEMA
from tests.worker.chain.segments import make_segment
from tests.worker.chain.version_1 import rewrite_as_version_1
from tests.worker.compact.interrupted_steps import CompactionKilled, InterruptedSteps
from tests.worker.compact.sample_chains import (
    COMPACTED,
    assert_whole,
    list_names,
    publish_layout,
    read_chain_rows,
    run_compaction,
    run_verification,
)
from tests.worker.compact.test_compaction import open_frozen_chain

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore

_ROOT = Path(__file__).parents[3]
_PAGE = _ROOT / "docs" / "compaction.md"
README_QUERIES = [
    query
    for query in re.findall(r"```sql\n(.*?)```", (_ROOT / "README.md").read_text(), re.DOTALL)
    if "data/scored" in query
]
ROWS = 45


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "scored"


@pytest.fixture
def store(root: Path) -> ScoredStore:
    store = open_scored_store(str(root))
    publish_layout(store)
    return store


def read_documented_query(root: Path) -> str:
    """The documented query without timestamps, for which DuckDB would need pytz."""
    found = re.search(r"```sql\n(.*?)```", _PAGE.read_text(), re.DOTALL)
    assert found
    query = found[1].strip().rstrip(";").replace("data/scored", str(root))
    return f'SELECT topic, "partition", "offset", model FROM ({query})'  # noqa: S608 - ours


def run_query(query: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def build_plain_query(root: Path) -> str:
    return f"""SELECT topic, "partition", "offset" FROM '{root}/dt=*/*.parquet'"""  # noqa: S608 - ours


def test_each_row_is_read_once_before_and_after(root: Path, store: ScoredStore) -> None:
    before = sorted(run_query(build_plain_query(root)))
    assert len(before) == ROWS
    run_compaction(store)
    assert sorted(run_query(build_plain_query(root))) == before
    assert len(run_query(read_documented_query(root))) == ROWS


@pytest.mark.parametrize("old", [slice(0, 1), slice(1, 2), slice(0, 3), slice(0, 6)])
def test_files_of_version_1_are_merged_and_read_beside_new_ones(
    root: Path, store: ScoredStore, old: slice
) -> None:
    before = sorted(run_query(build_plain_query(root)))
    rows = {partition: read_chain_rows(store, partition) for partition in (0, 1)}
    for path in sorted(list_names(store))[old]:
        rewrite_as_version_1(store.rows, path)
    _assert_read_by_all(root, before)
    assert {partition: read_chain_rows(store, partition) for partition in rows} == rows
    assert_whole(store)
    run_compaction(store)
    assert list_names(store) == COMPACTED
    _assert_read_by_all(root, before)
    assert {partition: read_chain_rows(store, partition) for partition in rows} == rows
    assert_whole(store)


def _assert_read_by_all(root: Path, rows: list[tuple[object, ...]]) -> None:
    """The readers that README names, on files of both versions."""
    assert sorted(run_query(build_plain_query(root))) == rows
    assert len(run_query(read_documented_query(root))) == ROWS
    (query,) = README_QUERIES
    assert run_query(query.replace("data/scored", str(root)))[0][:2] == ("albatros air", ROWS)
    by_name = f"FROM read_parquet('{root}/dt=*/*.parquet', union_by_name = true)"
    assert run_query(f"SELECT count(*), count(original_id) {by_name}") == [(ROWS, 0)]
    paths = sorted(root.glob("dt=*/*.parquet"))
    for files in (paths, paths[::-1]):
        assert pyarrow.dataset.dataset(files, schema=SCHEMA).count_rows() == ROWS
        assert pyarrow.dataset.dataset(files).to_table(["score", "label"]).num_rows == ROWS


def test_the_documented_query_reads_rows_once_during_a_compaction(
    root: Path, store: ScoredStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.compact.publish.swap_folders", lambda *_: False)
    steps = InterruptedSteps(lambda: None)
    with monkeypatch.context() as context:
        steps.watch(context)
        context.setattr("worker.compact.publish.delete_objects", lambda *_: steps.kill())
        with pytest.raises(CompactionKilled):
            run_compaction(store)
    assert len(run_query(build_plain_query(root))) > ROWS
    assert len(run_query(read_documented_query(root))) == ROWS
    assert "files wait for deletion" in run_verification(store).notes[0]
    report = run_compaction(store)
    assert report.days[0].in_one_step is False
    assert list_names(store) == COMPACTED
    assert len(run_query(build_plain_query(root))) == ROWS


def test_the_documented_query_ignores_a_void_file(root: Path) -> None:
    store = open_scored_store(str(root))
    frozen = open_frozen_chain(store)
    publish_layout(store)
    run_compaction(store)
    stray = make_segment(10, 35, before=make_segment(0, 10).totals)
    others = pa.array(["other:1"] * stray.table.num_rows)
    table = stray.table.set_column(SCHEMA.get_field_index("model"), SCHEMA.field("model"), others)
    assert frozen.publish(replace(stray, table=table))
    assert len(run_query(build_plain_query(root))) == ROWS + 25
    found = run_query(read_documented_query(root))
    assert len({row[:3] for row in found}) == len(found)
    real = [row for row in found if row[3] == "tiny:1"]
    assert len(real) == ROWS
    assert {row[2] for row in found if row[3] != "tiny:1"} == {
        12,
        13,
        29,
    }  # what was rejected, or is in a gap
