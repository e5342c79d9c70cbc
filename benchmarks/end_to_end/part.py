"""The part "end to end" of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.end_to_end.latency import measure_latency
from benchmarks.end_to_end.throughput import measure_start, measure_throughput
from benchmarks.report.figures import read_median

if TYPE_CHECKING:
    from benchmarks.report.figures import Json
    from benchmarks.servers.running import Servers
    from benchmarks.sizes import Sizes


def measure_end_to_end(servers: Servers, sizes: Sizes) -> Json:
    """Measure throughput and memory by processes, start, and latency by load."""
    found = measure_throughput(servers, sizes.tweets, sizes.processes, sizes.rounds)
    capacity = read_median(found["processes"]["1"]["tweets_per_second"])
    return found | {
        "start": measure_start(servers, sizes.starts),
        "latency": {
            str(load): measure_latency(servers, capacity * load / 100, sizes.latency_seconds)
            for load in sizes.loads
        },
    }
