"""Checks that are repeated while files are merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.scored_store import open_scored_store
from tests.worker.chain.segments import TOPIC
from tests.worker.compact.sample_chains import publish_layout, run_compaction
from worker.chain.chain_files import ChainFiles, FilesMerged
from worker.chain.coverage import OffsetProblem
from worker.chain.internal.origin import read_origins
from worker.verify import recheck
from worker.verify.recheck import check_chain_until_stable, compare_ids_until_stable

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore
    from worker.chain.internal.origin import Origin
    from worker.verify.chain_check import CheckedChain


@pytest.fixture
def store() -> ScoredStore:
    store = open_scored_store("memory://")
    publish_layout(store)
    return store


@pytest.fixture
def files(store: ScoredStore) -> ChainFiles:
    return ChainFiles(store.rows, TOPIC)


@pytest.fixture
def origin(store: ScoredStore) -> Origin:
    return read_origins(store, TOPIC)[0]


def test_a_listing_from_before_a_compaction_is_replaced(
    store: ScoredStore, files: ChainFiles, origin: Origin
) -> None:
    listed = files.list_all()[0]
    run_compaction(store)
    chain = check_chain_until_stable(files, origin, listed)
    assert (chain.problem, chain.end.end_offset, len(chain.files)) == (None, 40, 2)


def test_a_problem_that_stays_is_reported(store: ScoredStore, files: ChainFiles, origin: Origin) -> None:
    store.rows.delete("dt=2026-03-14/tweets-0-00000000000000000010.parquet")
    chain = check_chain_until_stable(files, origin, files.list_all()[0])
    assert chain.problem is not None
    assert (chain.problem.offset, chain.end.end_offset) == (10, 10)


def test_an_empty_chain_has_no_problem(files: ChainFiles, origin: Origin) -> None:
    chain = check_chain_until_stable(files, origin, [])
    assert (chain.problem, chain.end.end_offset, chain.files) == (None, 0, ())


def fail_always(*_: object, **__: object) -> None:
    raise FilesMerged("gone")


def test_files_that_keep_changing_end_the_check(
    files: ChainFiles, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recheck, "check_chain", fail_always)
    with pytest.raises(FilesMerged, match="tweets-0: gave up after 10 checks"):
        check_chain_until_stable(files, origin, files.list_all()[0])


def test_ids_are_compared_again_with_merged_files(
    store: ScoredStore, files: ChainFiles, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []

    def compare(_: ChainFiles, chain: CheckedChain, *__: object, is_compacted: bool) -> OffsetProblem | None:
        compared.append(len(chain.files))
        assert is_compacted
        if len(compared) == 1:
            run_compaction(store)
            raise FilesMerged("gone")
        return OffsetProblem(5, "another id")

    monkeypatch.setattr(recheck, "compare_ids", compare)
    chain = check_chain_until_stable(files, origin, files.list_all()[0])
    found = compare_ids_until_stable(files, chain, None, 0, is_compacted=True)  # type: ignore[arg-type] # the topic is not read
    assert (found, compared) == (OffsetProblem(5, "another id"), [4, 2])


def test_ids_that_cannot_be_compared_end_the_comparison(
    files: ChainFiles, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = check_chain_until_stable(files, origin, files.list_all()[0])
    monkeypatch.setattr(recheck, "compare_ids", fail_always)
    with pytest.raises(FilesMerged, match="gave up after 10 comparisons"):
        compare_ids_until_stable(files, chain, None, 0)  # type: ignore[arg-type] # the topic is not read
