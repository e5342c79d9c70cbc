"""The tables, each from one part of the results. A part that was not measured has no table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.report.figures import middle
from benchmarks.report.writing import figure, number, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.report.figures import Json


def ratios(results: Json) -> str:
    """What was to be reached, and what was."""
    return table(
        ("", "measured", "at least", "aim", ""),
        (_target_row(target) for target in results["targets"].values()),
    )


def _target_row(target: Json) -> tuple[str, ...]:
    unit = f"\u00a0{target['unit']}" if target["unit"] else ""
    bound = "at most " if target["at_most"] else ""
    value = "not measured" if target["value"] is None else number(target["value"]) + unit
    reached = {"aim": "aim reached", "bound": "reached", "missed": "**missed**", None: ""}
    return (
        target["label"],
        value,
        f"{bound}{target['bound']:g}{unit}",
        f"{target['aim']:g}{unit}",
        reached[target["reached"]],
    )


def machine(results: Json) -> str:
    """What was measured on, part by part."""
    rows = [
        (part, found["commit"], found["taken_at"], found["data"], number(found["load"]))
        for part, result in results.items()
        if isinstance(result, dict) and (found := result.get("machine"))
    ]
    first = next(result["machine"] for result in results.values() if "machine" in result)
    packages = ", ".join(f"{name} {version}" for name, version in first["packages"].items())
    return (
        f"{first['cores']} cores of {first['processor']}, {first['memory_gb']} GB, {first['system']}, "
        f"Python {first['python']}; {packages}.\n\n"
        + table(("part", "commit", "done at", "texts", "load of the machine"), rows)
    )


def scorer(results: Json) -> str:
    """Programs by crews and batch sizes."""
    rows = [
        (name, crew, size, figure(batch["per_second"][name]), number(middle(batch["per_cpu_second"][name])))
        for crew, batches in results["scorer"]["crews"].items()
        for size, batch in batches.items()
        for name in batch["per_second"]
    ]
    return table(
        ("program", "cores", "batch", "tweets/s", "tweets per CPU second"), sorted(rows, key=_by_crew)
    )


def _by_crew(row: Sequence[str]) -> tuple[str, str, int]:
    return row[1], row[0], int(row[2])


def scorer_best(results: Json) -> str:
    """The best of each on both cores."""
    best = results["scorer"]["best"]
    names = {
        "limit": "the limit: fp32 products of the recurrent layer alone",
        "engine": "the worker's engine, from word numbers",
        "scorer": "the worker's scorer, from raw texts",
        "keras_predict": "Keras `predict`, from word numbers, a batch at once, one process",
        "keras_predict_processes": "the same, two processes with a thread each",
        "keras_predict_default": "Keras `predict` by its defaults: 32 tweets at once, each 36 words wide",
    }
    rows = [
        (
            label,
            number(best[name]),
            f"{best[name] / best['limit']:.2f}",
            f"{best[name] / best['keras_predict']:.1f}",
        )
        for name, label in names.items()
    ]
    return table(("best on two cores", "tweets/s", "of the limit", "times Keras"), rows) + (
        f"\n\nThe largest difference between a score of the engine and Keras's: {best['difference']:.1e}."
    )


def stages(results: Json) -> str:
    """Cost and share of each stage."""
    found = results["stages"]
    rows = [(stage, number(cost["us"]), f"{cost['share']:.0%}") for stage, cost in found["cost"].items()]
    return table(("stage", "µs CPU per tweet", "share"), [*rows, ("all", number(found["sum_us"]), "100%")])


def end_to_end(results: Json) -> str:
    """Throughput by processes."""
    columns = ("tweets_per_second", "cpu_us_per_tweet", "peak_mb", "first_scored_s", "files", "redis_calls")
    head = (
        "processes",
        "tweets/s",
        "µs CPU per tweet",
        "MB of the largest",
        "s to first scored",
        "files",
        "Redis calls",
    )
    rows = [
        (name, *(figure(row[column]) for column in columns))
        for name, row in results["end_to_end"]["processes"].items()
    ]
    return table(head, rows)


def latency(results: Json) -> str:
    """Quantiles by load."""
    rows = [
        (
            f"{load} %",
            number(row["rate"]),
            *(number(row[name]) for name in ("p50_ms", "p99_ms", "p99_9_ms", "max_ms")),
        )
        for load, row in results["end_to_end"]["latency"].items()
    ]
    return table(("load", "tweets/s", "p50 ms", "p99 ms", "p99.9 ms", "longest ms"), rows)


def versus(results: Json) -> str:
    """The product and its peers, the fastest first."""
    ran = results["versus"]["ran"]
    fastest = sorted(ran, key=lambda name: -middle(ran[name]["tweets_per_second"]))
    columns = ("tweets_per_second", "seconds", "cpu_seconds", "peak_mb")
    best = middle(ran[fastest[0]]["tweets_per_second"])
    rows = [
        (
            name,
            f"{best / middle(ran[name]['tweets_per_second']):.1f}",
            *(figure(ran[name][key]) for key in columns),
        )
        for name in fastest
    ]
    rows += [(name, "not run", "", "", "", "") for name in results["versus"]["not_run"]]
    return table(("", "times slower", "tweets/s", "s, start included", "CPU s", "MB, all processes"), rows)


def growth(results: Json) -> str:
    """One table for each thing that grows."""
    found = results["growth"]
    told = [
        table(
            (name, "tweets/s", "µs CPU per tweet", "MB", "memory at the end / after 100k"),
            _growth_rows(found[key]),
        )
        for key, name in _GROWS.items()
        if found[key]
    ]
    if found["files"]:
        rows = [(f"{row['files']:,}", number(row["first_scored_s"])) for row in found["files"].values()]
        told.append(table(("Parquet files of one day", "s to first scored"), rows))
    return "\n\n".join(told)


def _growth_rows(found: Json) -> list[tuple[str, ...]]:
    return [
        (
            f"{int(size):,}",
            number(row["tweets_per_second"]),
            number(row["cpu_us_per_tweet"]),
            number(row["peak_mb"]),
            "" if row["memory_ratio"] is None else f"{row['memory_ratio']:.3f}",
        )
        for size, row in found.items()
    ]


_GROWS: Final = {
    "brands": "brands",
    "partitions": "partitions",
    "words": "words a tweet",
    "backlog": "tweets waiting",
}

TABLES: Final[dict[str, tuple[Callable[[Json], str], tuple[str, ...]]]] = {
    "ratios": (ratios, ("targets",)),
    "scorer_best": (scorer_best, ("scorer",)),
    "stages": (stages, ("stages",)),
    "end_to_end": (end_to_end, ("end_to_end",)),
    "latency": (latency, ("end_to_end",)),
    "versus": (versus, ("versus",)),
    "growth": (growth, ("growth",)),
    "scorer": (scorer, ("scorer",)),
    "machine": (machine, ("targets",)),
}
"""By name, ratios first; each with the parts of the results that it needs."""
