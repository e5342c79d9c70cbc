from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.contracts.counters import (
    Buckets,
    CounterUpdate,
    Misdated,
    Tally,
    build_applied_key,
    build_brands_key,
    build_bucket_key,
    build_meta_key,
    build_owner_key,
    build_pending_key,
    build_seen_key,
    build_topic_key,
    build_totals_key,
)

BUCKETS = Buckets(seconds=10, retention_seconds=7_200)
NOON_MS = 1_700_000_000_000


def test_an_event_counts_in_the_bucket_of_its_date() -> None:
    assert BUCKETS.find_bucket(NOON_MS, NOON_MS) == 1_700_000_000
    assert BUCKETS.find_bucket(NOON_MS + 9_999, NOON_MS) == 1_700_000_000
    assert BUCKETS.find_bucket(NOON_MS - 1, NOON_MS) == 1_699_999_990


def test_the_bounds_of_late_and_early_are_still_counted() -> None:
    assert BUCKETS.find_bucket(NOON_MS - 7_200_000, NOON_MS) == 1_699_992_800
    assert BUCKETS.find_bucket(NOON_MS - 7_200_001, NOON_MS) is Misdated.LATE
    assert BUCKETS.find_bucket(NOON_MS + 300_000, NOON_MS) == 1_700_000_300
    assert BUCKETS.find_bucket(NOON_MS + 300_001, NOON_MS) is Misdated.EARLY


def test_dates_before_1970_are_late() -> None:
    assert BUCKETS.find_bucket(-62_135_596_800_000, NOON_MS) is Misdated.LATE
    assert BUCKETS.find_bucket(-1, 0) is Misdated.LATE, "Redis takes no negative bucket"


@given(st.integers(0, 10_000_000_000_000), st.integers(-8_000_000, 400_000), st.integers(1, 3_600))
def test_a_counted_bucket_holds_its_event(appended_ms: int, difference_ms: int, seconds: int) -> None:
    buckets = Buckets(seconds, seconds * 60)
    event_ms = appended_ms + difference_ms
    bucket = buckets.find_bucket(event_ms, appended_ms)
    if not isinstance(bucket, Misdated):
        assert bucket % seconds == 0
        assert bucket * 1000 <= event_ms < (bucket + seconds) * 1000


def test_a_bucket_outlives_every_window_that_can_reach_it() -> None:
    last_moment_that_a_window_touches_it = 1_700_000_000 + BUCKETS.seconds + BUCKETS.retention_seconds
    assert BUCKETS.compute_expiry(1_700_000_000) > last_moment_that_a_window_touches_it


def test_subtraction_undoes_addition() -> None:
    assert Tally(5, 3, 700, 90) + Tally(1, 1, 20, 3) - Tally(1, 1, 20, 3) == Tally(5, 3, 700, 90)


@pytest.mark.parametrize(("start", "end"), [(5, 4), (-1, 4), (None, -1)])
def test_an_update_cannot_go_backwards(start: int | None, end: int) -> None:
    with pytest.raises(ValueError, match="partition 3 cannot advance"):
        CounterUpdate(3, start, end, settled=0)


def test_key_names_do_not_change() -> None:
    assert build_topic_key("tweets") == "badbuzz:{tweets}"
    assert (
        build_bucket_key("tweets", "acme", BUCKETS, 1_700_000_000)
        == "badbuzz:{tweets}:count:acme:10:1700000000"
    )
    assert build_meta_key("tweets") == "badbuzz:{tweets}:meta"
    assert build_applied_key("tweets") == "badbuzz:{tweets}:applied"
    assert build_seen_key("tweets") == "badbuzz:{tweets}:seen"
    assert build_brands_key("tweets") == "badbuzz:{tweets}:brands"
    assert build_owner_key("tweets") == "badbuzz:{tweets}:owner"
    assert build_pending_key("tweets", 3) == "badbuzz:{tweets}:pending:3"
    assert build_totals_key("tweets", 3) == "badbuzz:{tweets}:totals:3"


@given(st.text(alphabet=":{}a1é 0"), st.integers(-100, 10**10))
def test_a_bucket_key_can_be_parsed_for_any_brand_name(brand: str, bucket: int) -> None:
    prefix = f"{build_topic_key('tweets')}:count:"
    key = build_bucket_key("tweets", brand, BUCKETS, bucket)
    assert key.removeprefix(prefix).rsplit(":", 2) == [brand, "10", str(bucket)]
