"""Gaps between offsets, and offsets as ranges."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from badbuzz.contracts.scored_row import Gap, OffsetRange
from worker.core.slices import find_gaps, to_ranges

ascending = st.lists(st.integers(0, 60), unique=True, max_size=20).map(sorted)


def test_missing_offsets_are_gaps() -> None:
    assert find_gaps(3, [5, 6, 9]) == (
        Gap(start=3, end=5, reason="absent"),
        Gap(start=7, end=9, reason="absent"),
    )


def test_consecutive_offsets_have_no_gaps() -> None:
    assert find_gaps(3, [3, 4, 5]) == ()
    assert find_gaps(3, []) == ()


@given(ascending)
def test_each_offset_is_in_the_list_or_in_a_gap(offsets: list[int]) -> None:
    gaps = find_gaps(0, offsets)
    missing = [offset for gap in gaps for offset in range(gap.start, gap.end)]
    assert sorted([*offsets, *missing]) == list(range(max(offsets, default=-1) + 1))


def test_consecutive_offsets_are_one_range() -> None:
    assert to_ranges([2, 3, 4, 7]) == (OffsetRange(start=2, end=5), OffsetRange(start=7, end=8))
    assert to_ranges([]) == ()


@given(ascending)
def test_ranges_hold_the_offsets_and_do_not_touch(offsets: list[int]) -> None:
    ranges = to_ranges(offsets)
    assert [offset for found in ranges for offset in range(found.start, found.end)] == offsets
    assert all(left.end < right.start for left, right in pairwise(ranges))
