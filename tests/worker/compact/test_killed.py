"""Compactions that are killed, or meet other processes, between any two steps."""

from __future__ import annotations

import shutil
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.errors import Retry
from tests.worker.chain.segments import TOPIC, TOPIC_ID
from tests.worker.compact.interrupted_steps import CompactionKilled, InterruptedSteps
from tests.worker.compact.sample_chains import (
    COMPACTED,
    assert_whole,
    list_names,
    publish_layout,
    run_compaction,
    run_verification,
)
from worker.chain.stored_chain import StoredChain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from badbuzz.clients.scored_store import ScoredStore
    from worker.verify.report import VerificationReport

    StoreFactory = Callable[[], ScoredStore]

ENOUGH = 1_000
"""More steps than any of these compactions has."""


@pytest.fixture(params=["memory", "folder", "folder without exchange"])
def make_store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> StoreFactory:
    """Return a function that makes stores with equal content."""
    if request.param == "memory":
        first = open_scored_store("memory://")
        publish_layout(first)
        return partial(_copy, first)
    monkeypatch.setattr("os.fsync", lambda _: None)  # still a step to be killed at, but not one to wait for
    if request.param == "folder without exchange":
        monkeypatch.setattr("worker.compact.publish.swap_folders", lambda *_: False)
    publish_layout(open_scored_store(str(tmp_path / "first")))
    return partial(_copy_folder, tmp_path)


def _copy(first: ScoredStore) -> ScoredStore:
    store = open_scored_store("memory://")
    for source, target in ((first.rows, store.rows), (first.internal, store.internal)):
        for entry in [entry for chunk in source.list() for entry in chunk]:
            target.put(entry["path"], source.get(entry["path"]).bytes())
    return store


def _copy_folder(folder: Path) -> ScoredStore:
    for suffix in ("", ".chain"):
        shutil.rmtree(folder / f"copy{suffix}", ignore_errors=True)
        shutil.copytree(folder / f"first{suffix}", folder / f"copy{suffix}")
    return open_scored_store(str(folder / "copy"))


def compact_until(store: ScoredStore, at: int, patch: pytest.MonkeyPatch) -> bool:
    """Compact up to step ``at``. Return False if there are fewer steps."""
    steps = InterruptedSteps(lambda: None, at)
    steps.do = steps.kill
    with patch.context() as context:
        steps.watch(context)
        try:
            run_compaction(store)
        except CompactionKilled:
            return True
    return False


def assert_nothing_is_left(store: ScoredStore) -> None:
    assert list_names(store) == COMPACTED
    left = [entry["path"] for chunk in store.internal.list("staging") for entry in chunk]
    assert left == []


def find_first_step(store: ScoredStore, patch: pytest.MonkeyPatch) -> int:
    """Return the first step that differs between a local folder and memory: the first one that creates a folder."""
    steps = InterruptedSteps(lambda: None)
    with patch.context() as context:
        steps.watch(context)
        run_compaction(store)
    return steps.seen.index("mkdir") if "mkdir" in steps.seen else 0


def run_before_each_step(
    make_store: StoreFactory,
    patch: pytest.MonkeyPatch,
    run: Callable[[ScoredStore], object],
    do: Callable[[ScoredStore], object],
    start: int = 0,
) -> Iterator[ScoredStore]:
    """For each step of ``run``, yield a store in which ``do`` was called before that step."""
    at, steps = start, InterruptedSteps(lambda: None)
    while at == start or at < steps.count:
        store = make_store()
        steps = InterruptedSteps(partial(do, store), at)
        with patch.context() as context:
            steps.watch(context)
            run(store)
        yield store
        at += 1
    assert start + 5 < at < ENOUGH


def test_killed_at_every_step(make_store: StoreFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    at = start = find_first_step(make_store(), monkeypatch)
    while compact_until(store := make_store(), at, monkeypatch):
        assert_whole(store)
        assert run_compaction(store).exit_code == 0
        assert_nothing_is_left(store)
        at += 1
    assert start + 20 < at < ENOUGH


def test_killed_twice(make_store: StoreFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    start = find_first_step(make_store(), monkeypatch)
    for at in range(start, ENOUGH, 5):
        store = make_store()
        if not compact_until(store, at, monkeypatch):
            break
        compact_until(store, at // 2, monkeypatch)
        assert_whole(store)
        run_compaction(store)
        assert_nothing_is_left(store)
        assert_whole(store)


def test_readers_see_each_row_once_at_every_step(
    make_store: StoreFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = find_first_step(make_store(), monkeypatch)
    for store in run_before_each_step(make_store, monkeypatch, run_compaction, assert_whole, start):
        assert_nothing_is_left(store)


def test_a_compaction_between_the_steps_of_another(
    make_store: StoreFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(store: ScoredStore) -> None:
        with suppress(Retry):  # the folder is about to be exchanged
            run_compaction(store)

    monkeypatch.setattr("worker.compact.publish._LOCK_PATIENCE_S", 0.0)
    start = find_first_step(make_store(), monkeypatch)
    for store in run_before_each_step(make_store, monkeypatch, run_compaction, other, start):
        assert_nothing_is_left(store)
        assert_whole(store)


def test_verify_with_a_compaction_between_its_steps(
    make_store: StoreFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[VerificationReport] = []
    for _ in run_before_each_step(
        make_store, monkeypatch, lambda store: found.append(run_verification(store)), run_compaction
    ):
        assert found[-1].verdict == "clean"
        assert [part.end for part in found[-1].partitions] == [40, 109]


@pytest.mark.parametrize("offset", [None, 5])
def test_a_catch_up_with_a_compaction_between_its_steps(
    make_store: StoreFactory, monkeypatch: pytest.MonkeyPatch, offset: int | None
) -> None:
    """Like a worker: after a retry it continues where it was."""
    start = offset or 0
    expected = [n for n in range(start, 40) if n not in {12, 13, 29}]
    found: list[list[int]] = []
    for _ in run_before_each_step(
        make_store, monkeypatch, lambda store: found.append(_catch_up(store, offset)), run_compaction
    ):
        assert found[-1] == expected


def _catch_up(store: ScoredStore, applied: int | None) -> list[int]:
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    counted: list[int] = []
    for _ in range(3):
        try:
            assert chain.find_ends([0])[0] is not None
            for chain_range in chain.read_since(0, applied, 0).ranges:
                counted += chain_range.table["offset"].to_pylist()
                applied = chain_range.end
        except Retry:
            continue
        return counted
    raise AssertionError("never ended")
