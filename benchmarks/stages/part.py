"""The part "stages" of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.end_to_end.throughput import fill_topic
from benchmarks.harness.subprocesses import measure
from benchmarks.report.figures import read_median
from benchmarks.stages.consume import BATCH

if TYPE_CHECKING:
    from benchmarks.report.figures import Json
    from benchmarks.servers.running import Servers
    from benchmarks.sizes import Sizes

STAGES: Final = ("consume", "decode", "clean", "tokenise", "score", "brands", "rows", "Redis", "Parquet")
"""In the order of the data flow. ``rows``: the rest of the pipeline, building the columns."""

_IN_PIPELINE: Final = ("decode", "clean", "tokenise", "score", "brands")


def measure_stages(servers: Servers, sizes: Sizes) -> Json:
    """Measure the microseconds of processor time per tweet of each stage, and its share."""
    rounds = sizes.stage_rounds
    topic = fill_topic(servers, (rounds + 1) * BATCH)
    servers.forget_counters()
    request = {
        "bootstrap": servers.bootstrap,
        "topic": topic.name,
        "redis_url": servers.redis_url,
        "rounds": rounds,
    }
    laps = measure("benchmarks.stages.child", 1, request)
    cost = {stage: read_median(laps[stage]) for stage in STAGES if stage in laps}
    cost["rows"] = max(0.0, read_median(laps["pipeline"]) - sum(cost[stage] for stage in _IN_PIPELINE))
    whole = sum(cost.values())
    return {
        "us_per_tweet": laps,
        "cost": {stage: {"us": cost[stage], "share": cost[stage] / whole} for stage in STAGES},
        "sum_us": whole,
    }
