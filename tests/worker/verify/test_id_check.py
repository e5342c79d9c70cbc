"""Ids of rows compared with those of the topic's records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.contracts.scored_row import OffsetRange
from worker.verify.id_check import find_first_mismatch

OFFSETS = st.sets(st.integers(0, 30))


def ranges(offsets: set[int]) -> list[OffsetRange]:
    return [OffsetRange(start=offset, end=offset + 1) for offset in sorted(offsets)]


@given(st.dictionaries(st.integers(0, 9), st.sampled_from("ab")), OFFSETS, st.integers(0, 9))
def test_rows_are_those_of_the_topic(held: dict[int, str], rejected: set[int], log_start: int) -> None:
    refused = rejected - held.keys()
    records: dict[int, str | None] = {**held, **dict.fromkeys(refused)}
    kept = {offset: name for offset, name in records.items() if offset >= log_start}
    assert find_first_mismatch(held, ranges(refused), kept, log_start=log_start) is None


@pytest.mark.parametrize(
    ("records", "offset", "words"),
    [
        ({5: "a", 6: "b", 7: None}, None, ""),
        ({5: "a", 6: "x", 7: None}, 6, "row with id 'b', but the record's id is 'x'"),
        ({5: "a", 6: None, 7: None}, 6, "row with id 'b', but the record's id is None"),
        ({6: "b", 7: None}, 5, "is a row, but the topic has no record there"),
        ({5: "a", 6: "b", 7: None, 8: "c"}, 8, "is in a gap, but the topic has a record there"),
    ],
)
def test_a_difference_is_explained(records: dict[int, str | None], offset: int | None, words: str) -> None:
    found = find_first_mismatch({5: "a", 6: "b"}, ranges({7}), records, log_start=0)
    assert (found and found.offset) == offset
    assert words in (found.problem if found else "")
