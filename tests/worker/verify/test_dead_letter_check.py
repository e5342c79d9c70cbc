"""Rejected offsets compared with those that dead letters name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.contracts.scored_row import OffsetRange
from worker.verify.dead_letter_check import find_unmatched_offset

OFFSETS = st.sets(st.integers(0, 30))


def ranges(offsets: set[int]) -> list[OffsetRange]:
    return [OffsetRange(start=offset, end=offset + 1) for offset in sorted(offsets)]


@given(OFFSETS, OFFSETS, st.booleans())
def test_the_first_unmatched_offset_is_found(rejected: set[int], named: set[int], expired: bool) -> None:  # noqa: FBT001
    inside = {offset for offset in named if 5 <= offset < 25}
    rejected = {offset for offset in rejected if 5 <= offset < 25}
    missing = set() if expired else rejected - inside
    found = find_unmatched_offset(5, 25, ranges(rejected), named, expired=expired)
    assert (found and found.offset) == min(missing | (inside - rejected), default=None)


@pytest.mark.parametrize(
    ("rejected", "named", "words"),
    [
        ({7}, set(), "was rejected, but no dead letter names it"),
        (set(), {7}, "names offset 7, which was not rejected"),
    ],
)
def test_an_unmatched_offset_is_explained(rejected: set[int], named: set[int], words: str) -> None:
    found = find_unmatched_offset(0, 9, ranges(rejected), named, expired=False)
    assert found is not None
    assert found.offset == 7
    assert words in found.problem
