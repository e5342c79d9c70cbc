"""Counters compared with tallies of the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from badbuzz.contracts.counters import ALL_BRANDS, EARLY_TOLERANCE_S, Buckets, Tally
from tests.worker.chain.segments import NOON, make_rows
from worker.counters.tally import tally_rows
from worker.verify.counter_bounds import CounterBounds
from worker.verify.counter_differences import find_differences, find_first_row

TALLIES = st.builds(Tally, *[st.integers(0, 3)] * 5)
KEYS = st.tuples(
    st.sampled_from(["all", "albatros air", "häuser: {1}"]), st.integers(0, 6).map(lambda n: n * 10)
)


def make_bounds(tallies: dict[tuple[str, int], Tally]) -> CounterBounds:
    bounds = CounterBounds()
    bounds.add(tallies, certain=True)
    return bounds


@given(st.dictionaries(KEYS, TALLIES), st.dictionaries(KEYS, TALLIES), st.integers(0, 60))
def test_all_differences_are_found_oldest_first(
    left: dict[tuple[str, int], Tally], right: dict[tuple[str, int], Tally], since: int
) -> None:
    found = find_differences(make_bounds(left), right, from_bucket=since)
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
    table = make_rows(range(len(ages)), dates=[NOON + timedelta(seconds=age) for age in ages])
    for key in tally_rows(table, buckets)[0]:
        expected = next(o for o in range(len(ages)) if key in tally_rows(table.slice(o, 1), buckets)[0])
        assert find_first_row(table, *key, buckets) == expected
    assert find_first_row(table, "nobody", 0, buckets) is None


def test_a_row_without_a_date_counts_when_kafka_took_it() -> None:
    table = make_rows([3, 4], dates=[None, None])
    bucket = int(NOON.timestamp()) // 10 * 10
    assert find_first_row(table, ALL_BRANDS, bucket, Buckets()) == 3


def test_an_early_row_is_in_no_bucket() -> None:
    ahead = NOON + timedelta(seconds=EARLY_TOLERANCE_S + 10)
    table = make_rows([3], dates=[ahead])
    assert find_first_row(table, ALL_BRANDS, int(ahead.timestamp()) // 10 * 10, Buckets()) is None


def test_a_difference_says_which_bucket_it_is() -> None:
    bucket = int(datetime(2026, 3, 14, 12, 0, 10, tzinfo=UTC).timestamp())
    (found,) = find_differences(make_bounds({("all", bucket): Tally(2)}), {}, from_bucket=0)
    assert "'all' in the bucket of 2026-03-14T12:00:10+00:00" in str(found)
