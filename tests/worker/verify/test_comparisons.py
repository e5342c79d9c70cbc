"""Dead letters, ids and counts: equal sides pass, and the first difference is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badbuzz.contracts.counters import ALL_BRANDS, EARLY_TOLERANCE_S, Buckets, Tally
from badbuzz.contracts.scored_row import OffsetRange
from tests.worker.chain.segments import NOON, rows
from worker.counters.tally import tally_rows
from worker.verify.counter_differences import find_differences, find_first_row
from worker.verify.dead_letters import find_unmatched_offset
from worker.verify.ids import find_first_mismatch

OFFSETS = st.sets(st.integers(0, 30))
TALLIES = st.builds(Tally, *[st.integers(0, 3)] * 4)
KEYS = st.tuples(
    st.sampled_from(["all", "albatros air", "häuser: {1}"]), st.integers(0, 6).map(lambda n: n * 10)
)


def ranges(offsets: set[int]) -> list[OffsetRange]:
    return [OffsetRange(start=offset, end=offset + 1) for offset in sorted(offsets)]


@given(OFFSETS, OFFSETS, st.booleans())
def test_letters_match_rejections_as_sets(rejected: set[int], named: set[int], expired: bool) -> None:  # noqa: FBT001
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
def test_a_letter_amiss_is_explained(rejected: set[int], named: set[int], words: str) -> None:
    found = find_unmatched_offset(0, 9, ranges(rejected), named, expired=False)
    assert found is not None
    assert found.offset == 7
    assert words in found.problem


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
def test_a_record_amiss_is_explained(records: dict[int, str | None], offset: int | None, words: str) -> None:
    found = find_first_mismatch({5: "a", 6: "b"}, ranges({7}), records, log_start=0)
    assert (found and found.offset) == offset
    assert words in (found.problem if found else "")


@given(st.dictionaries(KEYS, TALLIES), st.dictionaries(KEYS, TALLIES), st.integers(0, 60))
def test_differences_are_all_and_the_oldest_is_first(
    left: dict[tuple[str, int], Tally], right: dict[tuple[str, int], Tally], since: int
) -> None:
    found = find_differences(left, right, from_bucket=since)
    wrong = {
        key
        for key in left.keys() | right.keys()
        if key[1] >= since and left.get(key, Tally()) != right.get(key, Tally())
    }
    assert {(d.brand, d.bucket) for d in found} == wrong
    assert [d.bucket for d in found] == sorted(d.bucket for d in found)


@settings(max_examples=25)
@given(st.lists(st.integers(-9_000, 400), min_size=1, max_size=20))
def test_the_first_row_of_a_bucket_is_the_first_that_counts_there(ages: list[int]) -> None:
    buckets = Buckets()
    table = rows(range(len(ages)), dates=[NOON + timedelta(seconds=age) for age in ages])
    for key in tally_rows(table, buckets)[0]:
        expected = next(o for o in range(len(ages)) if key in tally_rows(table.slice(o, 1), buckets)[0])
        assert find_first_row(table, *key, buckets) == expected
    assert find_first_row(table, "nobody", 0, buckets) is None


def test_a_row_without_a_date_counts_when_kafka_took_it() -> None:
    table = rows([3, 4], dates=[None, None])
    bucket = int(NOON.timestamp()) // 10 * 10
    assert find_first_row(table, ALL_BRANDS, bucket, Buckets()) == 3


def test_a_row_ahead_of_its_time_is_in_no_bucket() -> None:
    ahead = NOON + timedelta(seconds=EARLY_TOLERANCE_S + 10)
    table = rows([3], dates=[ahead])
    assert find_first_row(table, ALL_BRANDS, int(ahead.timestamp()) // 10 * 10, Buckets()) is None


def test_a_difference_says_which_bucket_it_is() -> None:
    bucket = int(datetime(2026, 3, 14, 12, 0, 10, tzinfo=UTC).timestamp())
    (found,) = find_differences({("all", bucket): Tally(2)}, {}, from_bucket=0)
    assert "'all' in the bucket of 2026-03-14T12:00:10+00:00" in str(found)
