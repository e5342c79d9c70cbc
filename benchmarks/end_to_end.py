"""End to end: a topic full of tweets, workers from start to both sinks, one process and two."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from benchmarks.bench import SAMPLE, run

if TYPE_CHECKING:
    from benchmarks.bench import Bench, Usage

START_TWEETS = 1_000
"""A topic with so few tells what starting and stopping cost; the rest of a run is throughput."""


def end_to_end(bench: Bench, tweets: int) -> dict[str, dict[str, float]]:
    """Tweets per second for one and two processes, without and with their start; CPU per tweet; peak memory."""
    small, large = (_fill(bench, count) for count in (START_TWEETS, tweets))
    results: dict[str, dict[str, float]] = {}
    for processes in (1, 2):
        bench.forget_counters()
        start = _drain(bench, small, processes)
        whole = _drain(bench, large, processes)
        seconds = whole.seconds - start.seconds
        rate = (tweets - START_TWEETS) / seconds
        cpu = 1e6 * (whole.cpu_seconds - start.cpu_seconds) / (tweets - START_TWEETS)
        print(
            f"end to end, {processes} process(es): {rate:,.0f} tweets/s, {cpu:.0f} µs CPU per tweet, "
            f"{whole.peak_mb:.0f} MB per process at most; start and stop {start.seconds:.1f} s"
        )
        results[str(processes)] = {
            "tweets_per_second": rate,
            "cpu_us_per_tweet": cpu,
            "peak_mb": whole.peak_mb,
            "start_and_stop_seconds": start.seconds,
        }
    ratio = results["2"]["tweets_per_second"] / results["1"]["tweets_per_second"]
    print(f"end to end, two processes / one = {ratio:.2f}")
    return results


def _fill(bench: Bench, tweets: int) -> str:
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    usage = run(bench.environment(topic), "produce", "replay", str(SAMPLE), "--loop", "--limit", str(tweets))
    print(f"producer: {tweets / usage.seconds:,.0f} tweets/s, start included")
    return topic


def _drain(bench: Bench, topic: str, processes: int) -> Usage:
    environment = bench.environment(topic)
    usage = run(environment, "work", "--processes", str(processes), "--until-drained", "--health-port", "0")
    run(environment, "verify", "--complete")
    return usage
