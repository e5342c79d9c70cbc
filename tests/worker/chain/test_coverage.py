"""The coverage check, compared with counting offsets one by one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.contracts.scored_row import OffsetRange
from worker.chain.coverage import find_coverage_problem

OFFSETS = st.integers(0, 12)
RANGES = st.tuples(OFFSETS, st.integers(1, 4)).map(lambda r: OffsetRange(start=r[0], end=r[0] + r[1]))


def lowest_wrong(first: int, end: int, rows: list[int], others: list[OffsetRange]) -> int | None:
    held = Counter(rows)
    for other in others:
        held.update(range(other.start, other.end))
    wrong = [offset for offset in range(first, end) if held[offset] != 1]
    strays = [offset for offset in held if not first <= offset < end]
    return min([*wrong, *strays], default=None)


@given(OFFSETS, st.integers(1, 8), st.sets(OFFSETS), st.lists(RANGES, max_size=4))
def test_the_check_agrees_with_counting_offsets(
    first: int, length: int, rows: set[int], others: list[OffsetRange]
) -> None:
    end = first + length
    rising = sorted(rows)
    found = find_coverage_problem(first, end, np.array(rising, dtype=np.int64), others)
    assert (found and found.offset) == lowest_wrong(first, end, rising, others)


@given(st.integers(0, 2**62), st.sets(st.integers(0, 40)), st.integers(1, 41))
def test_complete_coverage_passes(first: int, rejected: set[int], length: int) -> None:
    rows = np.array([first + o for o in range(length) if o not in rejected], dtype=np.int64)
    others = [OffsetRange(start=first + o, end=first + o + 1) for o in rejected if o < length]
    assert find_coverage_problem(first, first + length, rows, others) is None


@pytest.mark.parametrize(
    ("rows", "offset", "word"),
    [
        ([0, 1, 1, 2], 1, "twice"),
        ([0, 2, 1], 1, "follows"),
        ([1, 2], 0, "neither"),
        ([0, 2], 1, "neither"),
        ([0, 1], 2, "neither"),
        ([0, 1, 2, 3], 3, "not before the end"),
        ([], 0, "neither"),
    ],
)
def test_a_problem_names_its_offset(rows: list[int], offset: int, word: str) -> None:
    found = find_coverage_problem(0, 3, np.array(rows, dtype=np.int64), [])
    assert found is not None
    assert found.offset == offset
    assert word in found.problem
