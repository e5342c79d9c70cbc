"""Publishing merged files, swapping folders and deleting superseded files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.errors import DataRefused, Retry
from badbuzz.system.folder_swap import lock_for_swap
from tests.worker.chain.segments import TOPIC
from tests.worker.compact.sample_chains import (
    COMPACTED,
    DAY,
    FIRST_MERGED,
    list_names,
    publish_layout,
    read_contents,
    run_compaction,
)
from worker.chain.chain_files import ChainFiles
from worker.chain.internal.stored_plan import CompactionPlan, read_plan
from worker.compact import publish
from worker.compact.publish import delete_superseded, publish_merged_file, swap_day_folder
from worker.compact.staging import StagedFile, StagingFolder

if TYPE_CHECKING:
    from pathlib import Path

    from badbuzz.clients.scored_store import ScoredStore


def test_an_existing_merged_file_is_kept(empty: ScoredStore, tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        file = tmp_path / "staged"
        file.write_bytes(content)
        publish_merged_file(empty.rows, StagedFile(file, FIRST_MERGED, group=None))  # type: ignore[arg-type] # not read
    assert bytes(empty.rows.get(FIRST_MERGED).bytes()) == b"first"


def test_files_are_deleted_only_if_a_merged_file_holds_them(store: ScoredStore) -> None:
    kept = read_contents(store)
    run_compaction(store)
    plan = read_plan(store, TOPIC, DAY)
    assert plan is not None
    for path, content in kept.items():
        if path.startswith("dt=2026-03-14"):
            store.rows.put(path, content)
    delete_superseded(store.rows, ChainFiles(store.rows, TOPIC), plan)
    assert list_names(store) == COMPACTED


def test_nothing_is_deleted_without_a_plan(store: ScoredStore) -> None:
    original = "dt=2026-03-14/tweets-0-00000000000000000010.parquet"
    content = bytes(store.rows.get(original).bytes())
    run_compaction(store)
    store.rows.put(original, content)
    with pytest.raises(DataRefused, match="no plan says what it was merged from"):
        delete_superseded(
            store.rows, ChainFiles(store.rows, TOPIC), CompactionPlan(topic=TOPIC, day=DAY, groups=())
        )
    assert original in list_names(store)


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    return tmp_path / "scored"


@pytest.fixture
def folder(scored: Path) -> StagingFolder:
    publish_layout(open_scored_store(str(scored)))
    staged = scored.with_name("scored.chain") / "staging" / "compact-test"
    staged.mkdir(parents=True)
    return StagingFolder(staged, scored)


def test_a_swapped_folder_keeps_foreign_files(folder: StagingFolder, scored: Path) -> None:
    (scored / "dt=2026-03-14" / "notes.txt").write_text("foreign")
    merged = folder.folder / "merged"
    merged.write_bytes(b"merged")
    staged = StagedFile(merged, FIRST_MERGED, group=None)  # type: ignore[arg-type] # not read
    assert swap_day_folder(folder, CompactionPlan(topic=TOPIC, day=DAY, groups=()), [staged])
    found = {path.name for path in (scored / "dt=2026-03-14").iterdir()}
    assert found == {
        "notes.txt",
        FIRST_MERGED.removeprefix("dt=2026-03-14/"),
        "tweets-1-00000000000000000100.parquet",
        "tweets-1-00000000000000000104.parquet",
    }


def test_a_folder_that_stays_locked_is_retried(
    folder: StagingFolder, monkeypatch: pytest.MonkeyPatch, scored: Path
) -> None:
    monkeypatch.setattr(publish, "_LOCK_PATIENCE_S", 0.05)
    plan = CompactionPlan(topic=TOPIC, day=DAY, groups=())
    with lock_for_swap(scored / "dt=2026-03-14"), pytest.raises(Retry, match="swapping dt=2026-03-14"):
        swap_day_folder(folder, plan, [])


def test_without_a_lockable_root_nothing_is_swapped(folder: StagingFolder) -> None:
    plan = CompactionPlan(topic=TOPIC, day=DAY, groups=())
    assert not swap_day_folder(StagingFolder(folder.folder, None), plan, [])
