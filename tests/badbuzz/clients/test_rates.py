from __future__ import annotations

import math
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from badbuzz.clients.rates import BrandRate, RateReader
from badbuzz.clients.redis_client import connect_redis
from badbuzz.contracts.counters import CounterUpdate, Tally
from badbuzz.errors import Retry, Usage
from badbuzz.settings import RedisSettings
from tests.badbuzz.counted_topic import BUCKETS, CountedTopic, current_bucket


def test_a_rate_is_computed_over_the_window(counted: CountedTopic) -> None:
    bucket = current_bucket()
    counted.count(
        {
            ("acme", bucket): Tally(3, 2, 1_800_000, 1_200_000),
            ("acme", bucket - 30): Tally(1, 0, 200_000, 40_000),
            ("acme", bucket - 100): Tally(90, 90, 90_000_000, 90_000_000),
        }
    )
    (rate,) = counted.rates.read(["acme"], [60])
    assert (rate.tweets, rate.negative, rate.rate, rate.mean_p_negative) == (4, 2, 0.5, 0.5)
    assert rate.stddev_p_negative == pytest.approx(math.sqrt(1.24 / 4 - 0.25), abs=1e-6)
    assert (rate.brand, rate.window_seconds) == ("acme", 60)
    assert rate.from_s <= rate.to_s - 60 < rate.from_s + 10


def test_unread_tweets_are_counted_apart(counted: CountedTopic) -> None:
    bucket = current_bucket()
    counted.count({("acme", bucket): Tally(4, 1, 1, 1, unread=3), ("brio", bucket): Tally(unread=2)})
    acme, brio = counted.rates.read(["acme", "brio"], [60])
    assert (acme.tweets, acme.rate, acme.unread) == (4, 0.25, 3)
    assert (brio.tweets, brio.rate, brio.mean_p_negative, brio.unread) == (0, None, None, 2)


def test_a_library_without_unread_tweets_is_understood() -> None:
    reply: list[bytes | None] = [
        b"tweets",
        b"4",
        b"negative",
        b"1",
        b"rate",
        b"0.25",
        b"mean_p_negative",
        b"0.3",
    ]
    reply += [b"stddev_p_negative", None, b"window_seconds", b"60", b"from", b"0", b"to", b"60"]
    reply += [b"stale_seconds", b"1"]
    rate = BrandRate.from_reply("acme", reply)
    assert (rate.unread, rate.last_post_seconds) == (0, None)


def test_a_brand_without_tweets_has_no_rate(counted: CountedTopic) -> None:
    (rate,) = counted.rates.read(["nobody"], [7_200])
    assert (rate.tweets, rate.negative) == (0, 0)
    assert (rate.rate, rate.mean_p_negative, rate.stddev_p_negative) == (None, None, None)


def test_brands_and_windows_in_one_round_trip_come_in_order(counted: CountedTopic) -> None:
    rates = counted.rates.read(["all", "été:1"], [60, 300])
    assert [(rate.brand, rate.window_seconds) for rate in rates] == [
        ("all", 60),
        ("all", 300),
        ("été:1", 60),
        ("été:1", 300),
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=st.dictionaries(st.integers(-100, 3), st.integers(1, 1_000), max_size=20),
    window=st.integers(1, 1_000),
)
def test_every_bucket_that_overlaps_the_window_counts(
    redis_url: str, counts: dict[int, int], window: int
) -> None:
    counted = CountedTopic(redis_url)
    tallies = {
        ("acme", current_bucket() + 10 * steps): Tally(tweets, tweets) for steps, tweets in counts.items()
    }
    counted.count(tallies)
    (rate,) = counted.rates.read(["acme"], [window])
    expected = sum(
        tally.tweets
        for (_, bucket), tally in tallies.items()
        if bucket <= rate.to_s and bucket + 10 > rate.to_s - window
    )
    assert rate.tweets == expected


def test_brands_are_listed_latest_first_without_all(counted: CountedTopic) -> None:
    bucket = current_bucket()
    counted.count({("all", bucket): Tally(1), ("old", bucket - 7_000): Tally(1), ("new", bucket): Tally(1)})
    assert counted.rates.list_brands() == ["new", "old"]


def test_a_late_tweet_does_not_change_the_order_of_brands(counted: CountedTopic) -> None:
    bucket = current_bucket()
    counted.count({("acme", bucket): Tally(1), ("brio", bucket - 10): Tally(1)})
    counted.sink.apply([CounterUpdate(0, 1, 2, {("acme", bucket - 20): Tally(1)}, settled=2)])
    assert counted.rates.list_brands() == ["acme", "brio"]


def test_a_brand_named_before_the_retention_is_forgotten(counted: CountedTopic) -> None:
    counted.count({("old", current_bucket() - 7_220): Tally(1), ("new", current_bucket()): Tally(1)})
    assert counted.rates.list_brands() == ["new"]


def test_staleness_is_that_of_the_partition_furthest_behind(counted: CountedTopic) -> None:
    now_ms = int(time.time() * 1000)
    counted.sink.take_over([0, 1])
    counted.sink.apply([CounterUpdate(0, None, 1, settled=0, appended_ms=now_ms - 100_000)])
    counted.sink.apply([CounterUpdate(1, None, 1, settled=0, appended_ms=now_ms)])
    assert counted.rates.read(["all"], [60])[0].stale_seconds == pytest.approx(100, abs=60)
    counted.sink.touch({0: 0, 1: 0})
    assert counted.rates.read(["all"], [60])[0].stale_seconds < 60


@pytest.mark.parametrize(
    ("buckets_ago", "low", "high"),
    [((0,), 0, 60), ((9, 7, 300), 60, 130), ((-3, 30), 290, 360), ((), 7_200, 7_200)],
)
def test_the_age_of_the_newest_tweet_tells_quiet_from_fresh(
    counted: CountedTopic, buckets_ago: tuple[int, ...], low: int, high: int
) -> None:
    bucket = current_bucket()
    counted.count({("all", bucket - 10 * ago): Tally(1) for ago in buckets_ago})
    counted.sink.take_over([1])
    counted.sink.touch({0: 1, 1: 0})
    (rate,) = counted.rates.read(["nobody"], [60])
    assert rate.stale_seconds < 60
    assert rate.last_post_seconds is not None
    assert low <= rate.last_post_seconds <= high


def test_unread_tweets_and_deletes_are_signs_of_life(counted: CountedTopic) -> None:
    counted.count({("all", current_bucket()): Tally(unread=1)})
    (rate,) = counted.rates.read(["all"], [60])
    assert (rate.tweets, rate.last_post_seconds) == (0, 0)


def test_a_partition_that_was_never_counted_makes_everything_stale(counted: CountedTopic) -> None:
    counted.sink.take_over([0])
    counted.sink.touch({0: 0})
    assert counted.rates.read(["all"], [60])[0].stale_seconds > 1_000_000_000


def test_a_partition_added_later_makes_everything_stale(counted: CountedTopic) -> None:
    counted.sink.take_over([0, 1])
    counted.sink.touch({0: 0, 1: 0})
    counted.sink.open("id", BUCKETS, 3)
    assert counted.rates.read(["all"], [60])[0].stale_seconds > 1_000_000_000


@pytest.mark.parametrize("window", [0, -1, 7_201])
def test_an_invalid_window_is_refused(counted: CountedTopic, window: int) -> None:
    with pytest.raises(Usage, match="1 to 7200 seconds; got acme"):
        counted.rates.read(["acme"], [window])


def test_a_topic_without_counters_is_an_error(counted: CountedTopic, redis_url: str) -> None:
    del counted
    elsewhere = RateReader(connect_redis(RedisSettings(url=redis_url)), "tweats")
    with pytest.raises(Retry, match="nothing is counted"):
        elsewhere.read(["all"], [60])
    with pytest.raises(Retry, match="nothing is counted"):
        elsewhere.list_brands()


def test_a_server_without_functions_is_an_error(redis_url: str) -> None:
    with pytest.raises(Retry, match="worker is running"):
        RateReader(connect_redis(RedisSettings(url=redis_url)), "tweets").read(["all"], [60])
