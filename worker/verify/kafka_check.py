"""Compares a chain with Kafka: ids with those of the topic's records, rejected offsets with the dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from badbuzz.contracts.scored_row import Gap
from worker.chain.coverage import OffsetProblem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from badbuzz.contracts.scored_row import OffsetRange

TOMBSTONE: Final = ""
"""Stands for the id of a record without a value. An id is never empty."""


def find_first_mismatch(
    rows: Mapping[int, str],
    others: Collection[OffsetRange],
    records: Mapping[int, str | None],
    *,
    log_start: int,
    is_compacted: bool = False,
) -> OffsetProblem | None:
    """Compare a file's rows (id by offset) with the topic's records of the same offsets.

    Offsets before ``log_start`` are not compared: Kafka has deleted these records. Kafka also deletes records of a compacted
    topic, so a row without a record is not a problem there.

    :param others: the ranges of rejected offsets, and the gaps.
    :param records: the id of each record; None if it is not a tweet, :data:`TOMBSTONE` if it has no value.
    """
    tombstones = set(_list_offsets(r for r in others if isinstance(r, Gap) and r.reason == "tombstone"))
    rejected = set(_list_offsets(r for r in others if not isinstance(r, Gap)))
    for offset in sorted(records.keys() if is_compacted else {*rows, *records}):
        if offset < log_start:
            continue
        if offset in tombstones:
            problem = _describe_wrong_tombstone(offset, records)
        else:
            problem = _describe_mismatch(offset, rows, rejected, records)
        if problem:
            return OffsetProblem(offset, problem)
    return None


def _list_offsets(ranges: Iterable[OffsetRange]) -> Iterator[int]:
    return (offset for r in ranges for offset in range(r.start, r.end))


def _describe_wrong_tombstone(offset: int, records: Mapping[int, str | None]) -> str | None:
    if records[offset] == TOMBSTONE:
        return None
    return f"offset {offset} was skipped as a tombstone, but its record has a value"


def _describe_mismatch(
    offset: int, rows: Mapping[int, str], rejected_offsets: Collection[int], records: Mapping[int, str | None]
) -> str | None:
    if offset not in records:
        hint = "if the topic is compacted, grant the operation DescribeConfigs on it"
        return f"offset {offset} is a row, but the topic has no record there ({hint})"
    if offset in rows and rows[offset] != records[offset]:
        return (
            f"offset {offset} is a row with id {rows[offset]!r}, but the record's id is {records[offset]!r}"
        )
    if offset not in rows and offset not in rejected_offsets:
        return f"offset {offset} is in a gap, but the topic has a record there"
    return None


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
