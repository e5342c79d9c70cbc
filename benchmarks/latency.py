"""Latency: from Kafka's append to the counters in Redis, at a steady rate, as the worker's own histogram saw it."""

from __future__ import annotations

import subprocess
import time
import urllib.request
import uuid
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from badbuzz.embedded.port import LoopbackPort
from benchmarks.bench import SAMPLE, badbuzz, run

if TYPE_CHECKING:
    from benchmarks.bench import Bench

METRIC = "badbuzz_append_to_counter_seconds"
WARM_UP_S = 10


def latency(bench: Bench, rate: int, seconds: int) -> dict[str, float]:
    """Quantiles, in seconds, of the oldest record of each slice: the worst of each micro-batch and partition."""
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    environment = bench.environment(topic)
    run(environment, "produce", "replay", str(SAMPLE), "--limit", "1")
    with LoopbackPort() as port:
        number = str(port.number)
    worker = subprocess.Popen(badbuzz("work", "--health-port", number), env=environment)  # noqa: S603 - our own
    limit = str(rate * (seconds + WARM_UP_S))
    producer = subprocess.Popen(  # noqa: S603 - our own
        badbuzz("produce", "replay", str(SAMPLE), "--loop", "--rate", str(rate), "--limit", limit),
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    time.sleep(WARM_UP_S)
    before = _histogram(number)
    producer.wait()
    after = _histogram(number)
    worker.terminate()
    worker.wait()
    counts = {bound: after[bound] - before.get(bound, 0) for bound in after}
    found = {f"p{share}": _quantile(counts, share / 100) for share in (50, 99)}
    print(
        f"append to counter at {rate:,} tweets/s: p50 below {found['p50'] * 1000:.0f} ms, "
        f"p99 below {found['p99'] * 1000:.0f} ms (upper bounds of the histogram's buckets)"
    )
    return found


def _histogram(port: str) -> dict[float, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return {
        float(sample.labels["le"]): sample.value
        for family in families
        for sample in family.samples
        if sample.name == f"{METRIC}_bucket"
    }


def _quantile(cumulative: dict[float, float], share: float) -> float:
    total = cumulative[float("inf")]
    return next(bound for bound, count in sorted(cumulative.items()) if count >= share * total)
