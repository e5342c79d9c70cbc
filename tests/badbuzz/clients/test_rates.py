from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from badbuzz.cli.app import main
from badbuzz.clients.rates import RateReader
from badbuzz.clients.redis_client import connect_redis
from badbuzz.contracts.counters import Buckets, CounterUpdate, Tally
from badbuzz.errors import Retry, Usage
from badbuzz.settings import RedisSettings
from worker.counters.redis_sink import RedisCounters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUCKETS = Buckets(seconds=10, retention_seconds=7_200)


class Counted:
    """A topic of its own with two partitions, and what was counted for it."""

    def __init__(self, url: str) -> None:
        settings = RedisSettings(url=url)
        self.topic = f"t-{uuid.uuid4().hex}"
        self.sink = RedisCounters(connect_redis(settings), self.topic)
        self.sink.open("id", BUCKETS, 2)
        self.rates = RateReader(connect_redis(settings), self.topic)

    def count(self, tallies: dict[tuple[str, int], Tally]) -> None:
        self.sink.take_over([0])
        self.sink.apply([CounterUpdate(0, None, 1, tallies, settled=1)])


@pytest.fixture
def counted(redis_url: str) -> Counted:
    return Counted(redis_url)


def current_bucket() -> int:
    return int(time.time()) // 10 * 10


def test_a_rate_is_computed_over_the_window(counted: Counted) -> None:
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


def test_no_tweets_is_an_answer(counted: Counted) -> None:
    (rate,) = counted.rates.read(["nobody"], [7_200])
    assert (rate.tweets, rate.negative) == (0, 0)
    assert (rate.rate, rate.mean_p_negative, rate.stddev_p_negative) == (None, None, None)


def test_brands_and_windows_in_one_round_trip_come_in_order(counted: Counted) -> None:
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
def test_every_bucket_that_touches_the_window_is_in_it(
    redis_url: str, counts: dict[int, int], window: int
) -> None:
    counted = Counted(redis_url)
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


def test_brands_are_those_of_late_without_all(counted: Counted) -> None:
    bucket = current_bucket()
    counted.count({("all", bucket): Tally(1), ("old", bucket - 7_000): Tally(1), ("new", bucket): Tally(1)})
    assert counted.rates.list_brands() == ["new", "old"]


def test_a_tweet_that_arrives_late_makes_no_brand_older(counted: Counted) -> None:
    bucket = current_bucket()
    counted.count({("acme", bucket): Tally(1), ("brio", bucket - 10): Tally(1)})
    counted.sink.apply([CounterUpdate(0, 1, 2, {("acme", bucket - 20): Tally(1)}, settled=2)])
    assert counted.rates.list_brands() == ["acme", "brio"]


def test_a_brand_named_before_the_retention_is_forgotten(counted: Counted) -> None:
    counted.count({("old", current_bucket() - 7_220): Tally(1), ("new", current_bucket()): Tally(1)})
    assert counted.rates.list_brands() == ["new"]


def test_staleness_is_that_of_the_partition_furthest_behind(counted: Counted) -> None:
    now_ms = int(time.time() * 1000)
    counted.sink.take_over([0, 1])
    counted.sink.apply([CounterUpdate(0, None, 1, settled=0, appended_ms=now_ms - 100_000)])
    counted.sink.apply([CounterUpdate(1, None, 1, settled=0, appended_ms=now_ms)])
    assert counted.rates.read(["all"], [60])[0].stale_seconds == pytest.approx(100, abs=60)
    counted.sink.touch({0: 0, 1: 0})
    assert counted.rates.read(["all"], [60])[0].stale_seconds < 60


def test_a_partition_that_was_never_counted_makes_everything_stale(counted: Counted) -> None:
    counted.sink.take_over([0])
    counted.sink.touch({0: 0})
    assert counted.rates.read(["all"], [60])[0].stale_seconds > 1_000_000_000


def test_partitions_added_later_are_waited_for(counted: Counted) -> None:
    counted.sink.take_over([0, 1])
    counted.sink.touch({0: 0, 1: 0})
    counted.sink.open("id", BUCKETS, 3)
    assert counted.rates.read(["all"], [60])[0].stale_seconds > 1_000_000_000


@pytest.mark.parametrize("window", [0, -1, 7_201])
def test_a_window_that_cannot_be_is_refused(counted: Counted, window: int) -> None:
    with pytest.raises(Usage, match="1 to 7200 seconds; got acme"):
        counted.rates.read(["acme"], [window])


def test_a_topic_that_nobody_counts_is_no_zero(counted: Counted, redis_url: str) -> None:
    del counted
    elsewhere = RateReader(connect_redis(RedisSettings(url=redis_url)), "tweats")
    with pytest.raises(Retry, match="nothing is counted"):
        elsewhere.read(["all"], [60])
    with pytest.raises(Retry, match="nothing is counted"):
        elsewhere.list_brands()


def test_a_server_without_functions_is_no_zero(redis_url: str) -> None:
    with pytest.raises(Retry, match="worker is running"):
        RateReader(connect_redis(RedisSettings(url=redis_url)), "tweets").read(["all"], [60])


@pytest.fixture
def badbuzz(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setenv("BADBUZZ_REDIS__URL", redis_url)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["rates", *arguments])
        assert isinstance(left.value.code, int)
        return left.value.code, *capsys.readouterr()

    return run


def test_the_command_shows_all_tweets_and_each_brand(
    counted: Counted, badbuzz: Callable[..., tuple[int, str, str]]
) -> None:
    counted.count({("all", current_bucket()): Tally(4, 3), ("acme", current_bucket()): Tally(1)})
    code, out, _ = badbuzz("--topic", counted.topic)
    assert code == 0
    assert [line.split("│")[1].strip() for line in out.splitlines() if line.startswith("│")] == [
        "all",
        "acme",
    ]
    assert "75.0% of 4" in out
    assert "last 3600 s" in out


def test_the_command_is_loud_about_stale_counters(
    counted: Counted, badbuzz: Callable[..., tuple[int, str, str]]
) -> None:
    assert "STALE: tweets of whole partitions" in badbuzz("--topic", counted.topic)[1]
    counted.sink.take_over([0, 1])
    seen = int(time.time() * 1000) - 3_000_000
    counted.sink.apply([CounterUpdate(p, None, 1, settled=1, appended_ms=seen) for p in (0, 1)])
    assert "STALE: tweets of the last 3,0" in badbuzz("--topic", counted.topic)[1]
    counted.sink.touch({0: 1, 1: 1})
    assert "STALE" not in badbuzz("--topic", counted.topic)[1]


def test_the_command_prints_json_for_programs(
    counted: Counted, badbuzz: Callable[..., tuple[int, str, str]]
) -> None:
    counted.count({("acme", current_bucket()): Tally(2, 1, 1_000_000, 500_000)})
    code, out, _ = badbuzz("acme", "--json", "--window", "60, 120", "--topic", counted.topic)
    found = json.loads(out)
    assert (code, found["topic"]) == (0, counted.topic)
    assert [rate["window_seconds"] for rate in found["rates"]] == [60, 120]
    assert found["rates"][0].keys() == {
        "brand",
        "window_seconds",
        "tweets",
        "negative",
        "rate",
        "mean_p_negative",
        "stddev_p_negative",
        "from",
        "to",
        "stale_seconds",
    }


@pytest.mark.parametrize("window", ["x", "60,", "0", "1.5", "-60", "9000"])
def test_the_command_refuses_windows_that_cannot_be(
    counted: Counted, badbuzz: Callable[..., tuple[int, str, str]], window: str
) -> None:
    code, _, err = badbuzz("--topic", counted.topic, "--window", window)
    assert code == 64
    assert window in err


def test_the_command_says_when_nobody_counts(badbuzz: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = badbuzz("--topic", "tweats")
    assert (code, out) == (75, "")
    assert "a worker is running" in err


@pytest.fixture
def watching(redis_url: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "badbuzz", "rates", "--watch", "--json", "--topic", "watched"],
        env={**os.environ, "BADBUZZ_REDIS__URL": redis_url},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def test_watching_waits_for_the_first_worker_and_ends_with_ctrl_c(
    watching: subprocess.Popen[str], redis_url: str
) -> None:
    assert watching.stdout
    assert "nothing is counted" in json.loads(watching.stdout.readline())["error"]
    sink = RedisCounters(connect_redis(RedisSettings(url=redis_url)), "watched")
    sink.open("id", BUCKETS, 1)
    while "rates" not in (shown := json.loads(watching.stdout.readline())):
        assert "error" in shown
    assert shown["rates"][0]["brand"] == "all"
    watching.send_signal(signal.SIGINT)
    assert watching.wait(30) == 0
