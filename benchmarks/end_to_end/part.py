"""The part "end to end" of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.end_to_end.latency import latency
from benchmarks.end_to_end.throughput import start, throughput
from benchmarks.report.figures import middle

if TYPE_CHECKING:
    from benchmarks.ground.servers import Servers
    from benchmarks.report.figures import Json
    from benchmarks.sizes import Sizes


def end_to_end(servers: Servers, sizes: Sizes) -> Json:
    """Throughput and memory by processes, start, and latency by load."""
    found = throughput(servers, sizes.tweets, sizes.processes, sizes.rounds)
    capacity = middle(found["processes"]["1"]["tweets_per_second"])
    return found | {
        "start": start(servers, sizes.starts),
        "latency": {
            str(load): latency(servers, capacity * load / 100, sizes.latency_seconds) for load in sizes.loads
        },
    }
