"""Which days are closed, and which of their files are merged."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import DataRefused
from tests.worker.chain.segments import TOPIC
from tests.worker.compact.sample_chains import DAY
from worker.chain.chain_file import ChainFile
from worker.chain.chain_files import ChainFiles
from worker.chain.internal.origin import read_origins
from worker.compact.day_planner import Planner, find_file_runs, find_open_partitions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.clients.scored_store import ScoredStore

LATER = DAY + timedelta(days=1)


def make_chain(*files: tuple[date, int, bool]) -> list[ChainFile]:
    """Files of a day and size; the last value tells whether the file is merged."""
    return [
        ChainFile(0, n, day, f"{n}", size, n + 1 if is_merged else None)
        for n, (day, size, is_merged) in enumerate(files)
    ]


@pytest.mark.parametrize(
    ("files", "runs"),
    [
        ([(DAY, 1, False)] * 3, [(0, 3)]),
        ([(DAY, 1, False)], []),
        ([(DAY, 5, False)] * 5, [(0, 2), (2, 4)]),
        ([(DAY, 50, False), (DAY, 1, False), (DAY, 1, False)], [(1, 3)]),
        ([(DAY, 1, False), (DAY, 1, True), (DAY, 1, False), (DAY, 1, False)], [(2, 4)]),
        ([(DAY - timedelta(days=1), 1, False), (DAY, 1, False), (DAY, 1, False)], [(1, 3)]),
    ],
    ids=["all", "one file", "target reached", "large file", "merged file", "earlier day"],
)
def test_runs_are_plain_files_of_one_day_up_to_the_target(
    files: Sequence[tuple[date, int, bool]], runs: list[tuple[int, int]]
) -> None:
    chain = make_chain(*files, (LATER, 1, False))
    assert list(find_file_runs(chain, DAY, 10)) == runs


def test_a_day_is_open_for_the_partitions_whose_last_file_is_in_it() -> None:
    chains = {
        0: make_chain((DAY, 1, False), (LATER, 1, False)),
        1: make_chain((DAY, 1, False)),
        2: make_chain((LATER, 1, False)),
    }
    assert find_open_partitions(chains) == {DAY: (1,), LATER: (0, 2)}
    assert find_open_partitions({}) == {}


def plan(store: ScoredStore) -> list[tuple[int, int, int, int]]:
    files = ChainFiles(store.rows, TOPIC)
    planner = Planner(files, files.list_all(), read_origins(store, TOPIC), 1_000_000)
    groups = planner.plan(TOPIC, DAY).groups
    return [(group.partition, group.first_offset, group.end_offset, len(group.files)) for group in groups]


def test_a_group_runs_from_the_end_before_it_to_the_next_file(store: ScoredStore) -> None:
    assert plan(store) == [(0, 0, 30, 3), (1, 100, 105, 2)]


def test_a_chain_without_an_origin_is_refused(store: ScoredStore) -> None:
    store.internal.delete("tweets-1.json")
    with pytest.raises(DataRefused, match="its chain has no origin"):
        plan(store)


def test_a_missing_file_is_refused(store: ScoredStore) -> None:
    store.rows.delete("dt=2026-03-14/tweets-0-00000000000000000010.parquet")
    with pytest.raises(
        DataRefused, match="begins at offset 20, the file before it ends at 10; see `badbuzz verify`"
    ):
        plan(store)
