"""Compares the rejected offsets of a chain with those that dead letters name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.chain.coverage import OffsetProblem

if TYPE_CHECKING:
    from collections.abc import Collection

    from badbuzz.contracts.scored_row import OffsetRange


def find_unmatched_offset(
    start: int, end: int, rejected: Collection[OffsetRange], named: Collection[int], *, expired: bool
) -> OffsetProblem | None:
    """Compare the rejected offsets of the chain ``[start, end)`` with those ``named`` by dead letters.

    If ``expired``, Kafka has deleted old dead letters, and a missing one is not a problem.
    """
    rejected_offsets = {offset for r in rejected for offset in range(r.start, r.end)}
    inside = {offset for offset in named if start <= offset < end}
    unnamed = set() if expired else rejected_offsets - inside
    wrong = min(unnamed | (inside - rejected_offsets), default=None)
    if wrong is None:
        return None
    if wrong in rejected_offsets:
        return OffsetProblem(wrong, f"offset {wrong} was rejected, but no dead letter names it")
    return OffsetProblem(
        wrong,
        f"a dead letter names offset {wrong}, which was not rejected (it may be about an earlier topic of this name: "
        "delete the dead-letter topic together with the topic)",
    )
