"""Files as their names describe them, and which of them a merged file supersedes."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest

from badbuzz.contracts.scored_row import build_file_path
from worker.chain.chain_file import ChainFile, parse_chain_file, separate_superseded

DAY = date(2026, 3, 14)


def describe(first: int, end: int | None = None, *, partition: int = 0) -> ChainFile:
    return ChainFile(partition, first, DAY, build_file_path("tweets", partition, first, DAY, end), 1, end)


def test_a_name_tells_partition_offsets_and_day() -> None:
    for file in (describe(5), describe(5, 9, partition=3)):
        assert parse_chain_file("tweets", file.path, 1) == file


@pytest.mark.parametrize("topic", ["tweets-0", "tweet", "TWEETS"])
def test_a_file_of_another_topic_is_not_described(topic: str) -> None:
    assert parse_chain_file(topic, describe(5).path, 1) is None


def test_plain_files_that_begin_within_a_merged_one_are_superseded() -> None:
    before, merged, after = describe(0), describe(5, 9), describe(9)
    inside = [describe(5), describe(8)]
    for files in permutations([before, merged, *inside, after]):
        assert separate_superseded(files) == ([before, merged, after], inside)


def test_a_merged_file_supersedes_nothing_in_another_partition() -> None:
    files = [describe(0, 9), describe(5, partition=1)]
    assert separate_superseded(files) == (files, [])


def test_a_merged_file_does_not_supersede_another() -> None:
    files = [describe(0, 9), describe(5, 12)]
    assert separate_superseded(files) == (files, [])
