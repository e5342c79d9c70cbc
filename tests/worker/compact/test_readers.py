"""What analysts see, and the query that ``docs/compaction.md`` gives them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from badbuzz.clients.storage import open_store
from badbuzz.contracts.scored_row import SCHEMA
from tests.worker.chain.segments import segment
from tests.worker.compact.interrupted_steps import CompactionKilled, InterruptedSteps
from tests.worker.compact.sample_chains import COMPACTED, compact, fill, names, verify
from tests.worker.compact.test_compaction import zombie

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_PAGE = Path(__file__).parents[3] / "docs" / "compaction.md"
ROWS = 45


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "scored"


@pytest.fixture
def store(root: Path) -> ObjectStore:
    store = open_store(str(root))
    fill(store)
    return store


def documented_query(root: Path) -> str:
    """As documented, but for the columns: DuckDB needs pytz to give timestamps to Python."""
    found = re.search(r"```sql\n(.*?)```", _PAGE.read_text(), re.DOTALL)
    assert found
    query = found[1].strip().rstrip(";").replace("data/scored", str(root))
    return f'SELECT topic, "partition", "offset", model FROM ({query})'  # noqa: S608 - ours


def rows(query: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def plain(root: Path) -> str:
    return f"""SELECT topic, "partition", "offset" FROM '{root}/dt=*/*.parquet'"""  # noqa: S608 - ours


def test_each_row_once_before_and_after(root: Path, store: ObjectStore) -> None:
    before = sorted(rows(plain(root)))
    assert len(before) == ROWS
    compact(store)
    assert sorted(rows(plain(root))) == before
    assert len(rows(documented_query(root))) == ROWS


def test_the_documented_query_sees_rows_once_in_between(
    root: Path, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.compact.publish.swap_folders", lambda *_: False)
    steps = InterruptedSteps(lambda: None)
    with monkeypatch.context() as context:
        steps.watch(context)
        context.setattr("worker.compact.publish.delete_objects", lambda *_: steps.kill())
        with pytest.raises(CompactionKilled):
            compact(store)
    assert len(rows(plain(root))) > ROWS
    assert len(rows(documented_query(root))) == ROWS
    assert "files wait for deletion" in verify(store).notes[0]
    report = compact(store)
    assert report.days[0].in_one_step is False
    assert names(store) == COMPACTED
    assert len(rows(plain(root))) == ROWS


def test_the_documented_query_passes_over_what_a_sleeper_published(root: Path) -> None:
    store = open_store(str(root))
    sleeper = zombie(store)
    fill(store)
    compact(store)
    stray = segment(10, 35, before=segment(0, 10).totals)
    others = pa.array(["other:1"] * stray.table.num_rows)
    table = stray.table.set_column(SCHEMA.get_field_index("model"), SCHEMA.field("model"), others)
    assert sleeper.publish(replace(stray, table=table))
    assert len(rows(plain(root))) == ROWS + 25
    found = rows(documented_query(root))
    assert len({row[:3] for row in found}) == len(found)
    real = [row for row in found if row[3] == "tiny:1"]
    assert len(real) == ROWS
    assert {row[2] for row in found if row[3] != "tiny:1"} == {
        12,
        13,
        29,
    }  # what was rejected, or is in a gap
