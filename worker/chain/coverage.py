"""Checks that each offset of a range is present exactly once. The writer and ``badbuzz verify`` share this check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from badbuzz.contracts.scored_row import OffsetRange


@dataclass(frozen=True, slots=True)
class OffsetProblem:
    """The first offset at which something is wrong, and a description of the problem."""

    offset: int
    problem: str


def find_coverage_problem(
    first: int, end: int, rows: NDArray[np.int64], others: Sequence[OffsetRange]
) -> OffsetProblem | None:
    """Check that ``rows`` and ``others`` together hold each offset of ``[first, end)`` exactly once.

    :param rows: the offsets of the rows, which must be in ascending order.
    :param others: the ranges of rejected offsets and of gaps, in any order.
    """
    if problem := _find_disorder(rows):
        return problem
    starts = np.sort(np.concatenate([rows, _integers([*(r.start for r in others), end])]), kind="stable")
    ends = np.sort(np.concatenate([rows + 1, _integers([*(r.end for r in others), first])]), kind="stable")
    (wrong,) = np.nonzero(starts != ends)
    if wrong.size == 0:
        return None
    return _explain(int(starts[wrong[0]]), int(ends[wrong[0]]), first, end)


def _integers(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _find_disorder(rows: NDArray[np.int64]) -> OffsetProblem | None:
    (falls,) = np.nonzero(np.diff(rows) <= 0)
    if falls.size == 0:
        return None
    before, after = int(rows[falls[0]]), int(rows[falls[0] + 1])
    if before == after:
        return OffsetProblem(after, f"offset {after} is a row twice")
    return OffsetProblem(after, f"offset {after} follows offset {before}")


def _explain(start: int, previous_end: int, first: int, end: int) -> OffsetProblem:
    """Describe the first difference. Before it, each range begins where the previous one ends."""
    if previous_end < start:
        return OffsetProblem(
            previous_end, f"offset {previous_end} is neither a row, nor rejected, nor in a gap"
        )
    if start < first:
        return OffsetProblem(start, f"offset {start} is before the first offset {first}")
    if start >= end:
        return OffsetProblem(start, f"offset {start} is not before the end {end}")
    return OffsetProblem(start, f"offset {start} is there twice")
