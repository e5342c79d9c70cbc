"""Merged files, and the checks that they must pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.contracts.scored_row import SCHEMA
from badbuzz.errors import DataRefused
from tests.worker.chain.segments import make_rows
from worker.compact.merge import check_same_rows

if TYPE_CHECKING:
    import pyarrow as pa

TEN = make_rows(range(10))


def cut(*sizes: int) -> list[pa.Table]:
    """The ten rows in tables of these sizes."""
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    return [TEN.slice(start, size) for start, size in zip(starts, sizes, strict=True)]


@pytest.mark.parametrize("merged", [[10], [3, 7], [1] * 10, [5, 0, 5]])
@pytest.mark.parametrize("originals", [[10], [4, 6], [1] * 10])
def test_equal_rows_pass_however_they_are_cut(originals: list[int], merged: list[int]) -> None:
    check_same_rows(cut(*originals), cut(*merged), "merged")


def test_a_changed_value_is_refused_with_its_first_offset() -> None:
    changed = TEN.set_column(SCHEMA.get_field_index("id"), SCHEMA.field("id"), [["x"] * 10])
    with pytest.raises(DataRefused, match=r"^merged: from offset 4 on, its rows differ"):
        check_same_rows(cut(4, 6), [TEN.slice(0, 4), changed.slice(4)], "merged")


def test_a_missing_row_is_refused() -> None:
    with pytest.raises(DataRefused, match="its rows differ"):
        check_same_rows(cut(10), cut(9), "merged")


@pytest.mark.parametrize("originals", [[9], [4, 5], []])
def test_an_additional_row_is_refused(originals: list[int]) -> None:
    with pytest.raises(DataRefused, match="has more rows"):
        check_same_rows(cut(*originals), cut(10), "merged")
