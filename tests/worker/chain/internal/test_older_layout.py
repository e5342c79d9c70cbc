"""Stores that an older version wrote, and older workers that still run."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.clients.storage import create_object
from badbuzz.contracts.scored_row import build_file_path
from badbuzz.errors import DataRefused, Misconfigured
from tests.worker.chain.segments import NOON, TOPIC, TOPIC_ID, make_segment
from worker.chain.chain_files import ChainFiles
from worker.chain.file_format.parquet import encode_segment
from worker.chain.internal import older_layout
from worker.chain.internal.older_layout import move_internal_files
from worker.chain.internal.origin import Origin, read_origin, read_origins
from worker.chain.internal.stored_plan import CompactionPlan, read_plan
from worker.chain.internal.write_once import create_or_read_json_object, read_json_object
from worker.chain.stored_chain import StoredChain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from badbuzz.clients.scored_store import ScoredStore


def run_older_worker(store: ScoredStore, start_offset: int) -> Iterator[None]:
    """Do what an older worker does when it takes partition 0 over and publishes two files, with a yield between the steps.

    It lists the files first, then reads and claims the origin, under ``_chain`` only.
    """
    files = ChainFiles(store.rows, TOPIC)
    last = files.find_last([0]).get(0)
    yield
    ours = Origin(topic=TOPIC, topic_id=TOPIC_ID, partition=0, start_offset=start_offset)
    origin = read_json_object(store.rows, "_chain/tweets-0.json", Origin)
    if origin is None and last is not None:
        raise DataRefused("_chain/tweets-0.json: missing")
    yield
    if origin is None:
        origin = create_or_read_json_object(store.rows, "_chain/tweets-0.json", ours)
    start = files.read_footer(last).end_offset if last else origin.start_offset
    for first in (start, start + 5):
        yield
        content = encode_segment(make_segment(first, first + 5), TOPIC_ID, "older")
        if not create_object(store.rows, build_file_path(TOPIC, 0, first, NOON.date()), content):
            return


def run_newer_worker(store: ScoredStore, start_offset: int) -> Iterator[None]:
    """Take partition 0 over and publish two files, with a yield between the steps."""
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    end = chain.find_ends([0])[0]
    yield
    start = end.end_offset if end else chain.claim_origin(0, start_offset)
    chain.find_ends([0])
    for first in (start, start + 5):
        yield
        if not chain.publish(make_segment(first, first + 5)):
            return


def put_old(store: ScoredStore, origin: int = 0) -> None:
    ours = Origin(topic=TOPIC, topic_id=TOPIC_ID, partition=0, start_offset=origin)
    store.rows.put("_chain/tweets-0.json", ours.model_dump_json().encode())


def list_orders(steps: str) -> list[str]:
    """All orders of the steps; those of one worker are interchangeable."""
    if not steps:
        return [""]
    return [step + rest for step in sorted(set(steps)) for rest in list_orders(steps.replace(step, "", 1))]


def list_paths(store: ScoredStore) -> tuple[set[str], set[str]]:
    """The paths of all rows and of all internal files."""
    rows, internal = (
        {entry["path"] for chunk in place.list() for entry in chunk} for place in (store.rows, store.internal)
    )
    return rows, internal


def test_every_internal_file_is_moved(store: ScoredStore) -> None:
    put_old(store, 7)
    plan = CompactionPlan(topic=TOPIC, day="2026-03-14", groups=())
    store.rows.put("_chain/compactions/tweets/2026-03-14.json", plan.model_dump_json().encode())
    store.rows.put("_chain/other-topic-3.json", b"anything")
    move_internal_files(store)
    move_internal_files(store)
    assert list_paths(store) == (
        set(),
        {"tweets-0.json", "compactions/tweets/2026-03-14.json", "other-topic-3.json"},
    )
    found = read_origin(store, TOPIC, 0)
    assert found is not None
    assert found.start_offset == 7
    assert read_plan(store, TOPIC, plan.day) == plan
    assert store.root is None or list(store.root.iterdir()) == []


def test_an_old_origin_is_used_before_it_is_moved(store: ScoredStore) -> None:
    put_old(store, 7)
    assert StoredChain(store, TOPIC, TOPIC_ID).claim_origin(0, 20) == 7
    assert {number: found.start_offset for number, found in read_origins(store, TOPIC).items()} == {0: 7}
    assert "tweets-0.json" in list_paths(store)[1]
    move_internal_files(store)
    assert StoredChain(store, TOPIC, TOPIC_ID).claim_origin(0, 20) == 7


def test_a_move_that_is_killed_is_continued(store: ScoredStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put_old(store, 7)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(older_layout, "delete_objects", die)
        with pytest.raises(KeyboardInterrupt):
            move_internal_files(store)
    assert StoredChain(store, TOPIC, TOPIC_ID).claim_origin(0, 20) == 7
    move_internal_files(store)
    assert list_paths(store) == (set(), {"tweets-0.json"})


def test_without_the_right_to_delete_the_old_files_stay(
    store: ScoredStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise Misconfigured("deleting _chain/tweets-0.json: forbidden")

    put_old(store, 7)
    monkeypatch.setattr(older_layout, "delete_objects", refuse)
    move_internal_files(store)
    assert "deleting _chain/tweets-0.json: forbidden" in caplog.text
    assert StoredChain(store, TOPIC, TOPIC_ID).claim_origin(0, 20) == 7


def test_two_origins_are_refused_by_all_who_read_them(store: ScoredStore) -> None:
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    chain.claim_origin(0, 20)
    put_old(store, 7)
    for use in (
        lambda: chain.find_ends([0]),
        lambda: chain.publish(make_segment(20, 25)),
        lambda: StoredChain(store, TOPIC, TOPIC_ID).claim_origin(0, 20),
        lambda: read_origins(store, TOPIC),
        lambda: move_internal_files(store),
    ):
        with pytest.raises(DataRefused, match=r"tweets-0\.json differs from _chain/tweets-0\.json"):
            use()
    assert {path for path in list_paths(store)[0] if path.startswith("dt=")} == set()


@pytest.mark.parametrize("start_offset", [7, 20])
def test_old_and_new_workers_never_fork_a_chain_unnoticed(start_offset: int) -> None:
    """Both own the partition of an empty topic; the older one would begin at 7. All interleavings of their steps."""
    forks = 0
    for order in list_orders("ooooonnnn"):
        store = open_scored_store("memory://")
        workers = {"o": run_older_worker(store, 7), "n": run_newer_worker(store, start_offset)}
        for turn in order:
            with suppress(DataRefused):
                next(workers[turn], None)
        files = ChainFiles(store.rows, TOPIC)
        footers = [files.read_footer(file) for file in files.list_all().get(0, [])]
        assert footers
        ends = [footer.end_offset for footer in footers]
        if [footer.first_offset for footer in footers[1:]] != ends[:-1]:
            forks += 1
            with pytest.raises(DataRefused, match="differs from"):
                StoredChain(store, TOPIC, TOPIC_ID).find_ends([0])
    # A fork takes an older worker that lists no file just before the first one is published, and claims just after.
    assert (forks > 0) is (start_offset != 7)


@pytest.mark.parametrize("steps", ["oooonnn", "oooonnnm"])
def test_an_old_worker_beside_a_migrated_chain(steps: str) -> None:
    """The store has rows: the old worker continues its chain or is refused, in every order of the steps."""
    for order in list_orders(steps):
        store = open_scored_store("memory://")
        put_old(store, 0)
        assert StoredChain(store, TOPIC, TOPIC_ID).publish(make_segment(0, 5))
        if "m" not in steps:
            move_internal_files(store)
        workers = {
            "o": run_older_worker(store, 7),
            "n": run_newer_worker(store, 20),
            "m": iter(partial(move_internal_files, store), ...),
        }
        for turn in order:
            try:
                next(workers[turn], None)
            except DataRefused:
                assert turn == "o"
        files = ChainFiles(store.rows, TOPIC)
        footers = [files.read_footer(file) for file in files.list_all()[0]]
        assert [footer.first_offset for footer in footers] == [
            0,
            *(footer.end_offset for footer in footers[:-1]),
        ]
        assert footers[-1].end_offset >= 10
