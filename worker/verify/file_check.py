"""Checks that each file of a chain begins where the one before it ends, and that it holds what its footer says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from badbuzz.contracts.scored_row import Totals
from worker.chain.coverage import OffsetProblem, find_coverage_problem
from worker.chain.port import ChainEnd

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from badbuzz.contracts.scored_row import Footer


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The facts of a file, from its name, its footer and its rows.

    ``unread`` counts the rows without a label. ``stray`` is the offset of the first row with another topic or partition
    than the file's name.
    """

    path: str
    first_offset: int
    footer: Footer
    offsets: NDArray[np.int64]
    negative: int
    unread: int = 0
    stray: int | None = None


def append_file(before: ChainEnd, file: FileFacts) -> ChainEnd | OffsetProblem:
    """Append one file to the chain. Return the new end, or the first problem of the file."""
    footer = file.footer
    problem = (
        _find_misfit(before, file)
        or find_coverage_problem(
            footer.first_offset, footer.end_offset, file.offsets, [*footer.rejected, *footer.gaps]
        )
        or _find_foreign(before, file)
        or _find_miscount(before, file)
    )
    if problem:
        return OffsetProblem(problem.offset, f"{file.path}: {problem.problem}")
    return ChainEnd(footer.end_offset, footer.totals, before.topic_id, footer.end_leader_epoch)


def _find_misfit(before: ChainEnd, file: FileFacts) -> OffsetProblem | None:
    begins = file.first_offset
    if begins > before.end_offset:
        missing = f"offset {before.end_offset} is in no file: this one begins at {begins}"
        return OffsetProblem(before.end_offset, missing)
    if begins < before.end_offset:
        return OffsetProblem(
            begins, f"offset {begins} is in two files: the one before it ends at {before.end_offset}"
        )
    return None


def _find_foreign(before: ChainEnd, file: FileFacts) -> OffsetProblem | None:
    if file.footer.topic_id != before.topic_id:
        problem = (
            f"belongs to topic id {file.footer.topic_id}; its chain belongs to topic id {before.topic_id}"
        )
        return OffsetProblem(file.first_offset, problem)
    if file.stray is not None:
        return OffsetProblem(file.stray, f"the row at offset {file.stray} names another topic or partition")
    return None


def _find_miscount(before: ChainEnd, file: FileFacts) -> OffsetProblem | None:
    """Check the footer's totals: exactly where rows show them, and for plausibility where late and early tweets are counted."""
    said = file.footer.totals
    late, early = said.late - before.totals.late, said.early - before.totals.early
    rows = len(file.offsets)
    seen = Totals(
        rows=rows,
        negative=file.negative,
        rejected=sum(r.end - r.start for r in file.footer.rejected),
        late=late,
        early=early,
        unread=file.unread,
    )
    if said == before.totals + seen and late >= 0 and early >= 0 and late + early <= rows:
        return None
    return OffsetProblem(
        file.first_offset,
        f"its footer says {said}, but {before.totals} came before and it holds {seen}",
    )
