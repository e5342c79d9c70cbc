from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.redis_client import connect_redis
from badbuzz.contracts.counters import CounterUpdate, Tally
from badbuzz.settings import RedisSettings
from tests.badbuzz.counted_topic import BUCKETS, CountedTopic, current_bucket
from worker.counters.redis_sink import RedisCounters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_rates(badbuzz: Run, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BADBUZZ_REDIS__URL", redis_url)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *arguments: badbuzz("rates", *arguments)


def test_the_command_shows_all_tweets_and_each_brand(counted: CountedTopic, run_rates: Run) -> None:
    counted.count({("all", current_bucket()): Tally(4, 3), ("acme", current_bucket()): Tally(1)})
    code, out, _ = run_rates("--topic", counted.topic)
    assert code == 0
    assert [line.split("│")[1].strip() for line in out.splitlines() if line.startswith("│")] == [
        "all",
        "acme",
    ]
    assert "75.0% of 4" in out
    assert "last 3600 s" in out


def test_the_command_shows_unread_tweets_apart(counted: CountedTopic, run_rates: Run) -> None:
    counted.count(
        {("all", current_bucket()): Tally(4, 3, unread=1_200), ("acme", current_bucket()): Tally(unread=7)}
    )
    _, out, _ = run_rates("--topic", counted.topic, "--window", "60")
    assert "75.0% of 4, 1,200 unread" in out
    assert "no tweets, 7 unread" in out


def test_the_command_warns_about_stale_counters(counted: CountedTopic, run_rates: Run) -> None:
    assert "STALE: tweets of whole partitions" in run_rates("--topic", counted.topic)[1]
    counted.sink.take_over([0, 1])
    seen = int(time.time() * 1000) - 3_000_000
    counted.sink.apply([CounterUpdate(p, None, 1, settled=1, appended_ms=seen) for p in (0, 1)])
    assert "STALE: tweets of the last 3,0" in run_rates("--topic", counted.topic)[1]
    counted.sink.touch({0: 1, 1: 1})
    assert "STALE" not in run_rates("--topic", counted.topic)[1]


@pytest.mark.parametrize(
    ("age_s", "expected"), [(0, "up to date ("), (600, "QUIET: the counters are up to date (")]
)
def test_the_command_tells_a_quiet_source_from_a_living_one(
    counted: CountedTopic, run_rates: Run, age_s: int, expected: str
) -> None:
    counted.sink.take_over([1])
    counted.count({("all", current_bucket() - age_s): Tally(4, 3)})
    counted.sink.touch({0: 1, 1: 0})
    out = " ".join(run_rates("--topic", counted.topic)[1].split())
    assert expected in out
    assert ("Is the producer running" in out) == (age_s > 0)


def test_the_command_prints_json_for_programs(counted: CountedTopic, run_rates: Run) -> None:
    counted.count({("acme", current_bucket()): Tally(2, 1, 1_000_000, 500_000)})
    code, out, _ = run_rates("acme", "--json", "--window", "60, 120", "--topic", counted.topic)
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
        "unread",
        "last_post_seconds",
    }


@pytest.mark.parametrize("window", ["x", "60,", "0", "1.5", "-60", "9000"])
def test_the_command_refuses_invalid_windows(counted: CountedTopic, run_rates: Run, window: str) -> None:
    code, _, err = run_rates("--topic", counted.topic, "--window", window)
    assert code == 64
    assert window in err


def test_the_command_reports_a_topic_without_counters(run_rates: Run) -> None:
    code, out, err = run_rates("--topic", "tweats")
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
    assert watching.wait(600) == 0
