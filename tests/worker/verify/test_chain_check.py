"""Chains checked file by file, and listings that change meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.scored_store import open_scored_store
from tests.worker.chain.segments import TOPIC
from worker.chain.chain_files import ChainFiles
from worker.verify.chain_check import list_files

if TYPE_CHECKING:
    from worker.chain.chain_file import ChainFile


@dataclass
class Listings:
    """Listings that differ from each other, as they do while files are published."""

    answers: list[list[int]] = field(default_factory=list)

    def list_all(self) -> dict[int, list[ChainFile]]:
        return self.list_all_and_superseded()[0]

    def list_all_and_superseded(self) -> tuple[dict[int, list[ChainFile]], list[ChainFile]]:
        store = open_scored_store("memory://")
        for offset in self.answers.pop(0):
            store.rows.put(f"dt=2026-03-14/tweets-0-{offset:020d}.parquet", b"")
        return ChainFiles(store.rows, TOPIC).list_all_and_superseded()


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([[0, 20], [0, 10, 20, 30]], [0, 10, 20]),
        ([[0], [0, 10]], [0]),
        ([[], [0]], []),
    ],
)
def test_a_file_that_a_listing_missed_is_not_lost(answers: list[list[int]], expected: list[int]) -> None:
    found, _ = list_files(Listings(answers))  # type: ignore[arg-type] # nothing else is asked for
    assert [file.first_offset for file in found.get(0, [])] == expected
