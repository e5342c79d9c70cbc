"""Listings made during a compaction, which show neither the old files nor the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.scored_store import open_scored_store
from tests.worker.chain.segments import TOPIC, TOPIC_ID
from tests.worker.compact.sample_chains import (
    COMPACTED,
    assert_whole,
    list_names,
    publish_layout,
    run_compaction,
    run_verification,
)
from worker.chain.chain_files import ChainFiles, FilesMerged
from worker.chain.stored_chain import StoredChain

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore
    from worker.chain.chain_file import ChainFile

DAY = "dt=2026-03-14"


@pytest.fixture
def store() -> ScoredStore:
    store = open_scored_store("memory://")
    publish_layout(store)
    return store


def hide_partition(patch: pytest.MonkeyPatch, nth: int) -> None:
    """The ``nth`` listing of the closed day shows nothing of partition 0."""
    real = ChainFiles.list_folder
    listings = iter(range(1_000))

    def torn(files: ChainFiles, folder: str) -> list[ChainFile]:
        found = real(files, folder)
        if folder == DAY and next(listings) == nth:
            return [file for file in found if file.partition != 0]
        return found

    patch.setattr(ChainFiles, "list_folder", torn)


@pytest.mark.parametrize("offset", [None, 5])
def test_a_catch_up_is_retried(
    store: ScoredStore, monkeypatch: pytest.MonkeyPatch, offset: int | None
) -> None:
    run_compaction(store)
    hide_partition(monkeypatch, 0)
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    with pytest.raises(FilesMerged, match="begins at offset 30"):
        list(chain.read_since(0, offset, 0).ranges)
    assert list(chain.read_since(0, offset, 0).ranges)
    assert_whole(store)


@pytest.mark.parametrize("nth", range(3))
def test_verify_lists_again(store: ScoredStore, monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    run_compaction(store)
    hide_partition(monkeypatch, nth)
    report = run_verification(store)
    assert (report.verdict, report.partitions[0].end) == ("clean", 40)


@pytest.mark.parametrize("nth", range(3))
def test_another_compaction_follows_the_plan(
    store: ScoredStore, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """Files of a day are replaced only after its plan is written, so a compaction with a torn listing finds the plan."""
    run_compaction(store)
    with monkeypatch.context() as context:
        hide_partition(context, nth)
        assert run_compaction(store).exit_code == 0
    assert list_names(store) == COMPACTED
    assert_whole(store)
