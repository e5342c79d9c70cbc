"""Ids and rejected offsets of a chain, compared with the topic's records and dead letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.contracts.scored_row import Gap, OffsetRange
from worker.verify.kafka_check import TOMBSTONE, find_first_mismatch, find_unmatched_offset

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


TOMBSTONES = Gap(start=7, end=9, reason="tombstone")


@pytest.mark.parametrize(
    ("records", "offset", "words"),
    [
        ({5: "a", 7: TOMBSTONE, 8: TOMBSTONE}, None, ""),
        ({5: "a"}, None, ""),
        ({5: "a", 7: TOMBSTONE, 8: None}, 8, "was skipped as a tombstone, but its record has a value"),
        ({5: "a", 7: "x"}, 7, "was skipped as a tombstone, but its record has a value"),
        ({5: TOMBSTONE, 7: TOMBSTONE}, 5, "row with id 'a', but the record's id is ''"),
        ({5: "a", 6: TOMBSTONE}, 6, "is in a gap, but the topic has a record there"),
    ],
)
def test_tombstones_are_records_without_a_value(
    records: dict[int, str | None], offset: int | None, words: str
) -> None:
    """Kafka deletes them in the end."""
    others = [TOMBSTONES, Gap(start=6, end=7, reason="absent")]
    found = find_first_mismatch({5: "a"}, others, records, log_start=0)
    assert (found and found.offset) == offset
    assert words in (found.problem if found else "")


@given(st.dictionaries(st.integers(0, 9), st.sampled_from("ab")), OFFSETS)
def test_rows_of_a_compacted_topic_may_lack_their_records(held: dict[int, str], deleted: set[int]) -> None:
    kept = {offset: name for offset, name in held.items() if offset not in deleted}
    assert find_first_mismatch(held, [], kept, log_start=0, is_compacted=True) is None
    missing = min(held.keys() & deleted, default=None)
    found = find_first_mismatch(held, [], kept, log_start=0)
    assert (found and found.offset) == missing


def test_a_wrong_id_is_found_in_a_compacted_topic() -> None:
    found = find_first_mismatch({5: "a", 6: "b"}, [], {6: "x"}, log_start=0, is_compacted=True)
    assert found is not None
    assert found.offset == 6


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
