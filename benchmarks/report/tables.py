"""The tables, each from one part of the results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.report.figures import read_median
from benchmarks.report.writing import format_figure, format_number, make_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.report.figures import Json


def ratios(results: Json) -> str:
    """Return the targets and the measured values."""
    return make_table(
        ("", "measured", "at least", "aim", ""),
        (_target_row(target) for target in results["targets"].values()),
    )


def _target_row(target: Json) -> tuple[str, ...]:
    unit = f"\u00a0{target['unit']}" if target["unit"] else ""
    bound = "at most " if target["at_most"] else ""
    value = "not measured" if target["value"] is None else format_number(target["value"]) + unit
    reached = {"aim": "aim reached", "bound": "reached", "missed": "**missed**", None: ""}
    return (
        target["label"],
        value,
        f"{bound}{target['bound']:g}{unit}",
        f"{target['aim']:g}{unit}",
        reached[target["reached"]],
    )


def machine(results: Json) -> str:
    """Return the machine, and the commit and load of each part."""
    rows = [
        (part, found["commit"], found["taken_at"], found["data"], format_number(found["load"]))
        for part, result in results.items()
        if isinstance(result, dict) and (found := result.get("machine"))
    ]
    first = next(result["machine"] for result in results.values() if "machine" in result)
    packages = ", ".join(f"{name} {version}" for name, version in first["packages"].items())
    return (
        f"{first['cores']} cores of {first['processor']}, {first['memory_gb']} GB, {first['system']}, "
        f"Python {first['python']}; {packages}.\n\n"
        + make_table(("part", "commit", "done at", "texts", "load of the machine"), rows)
    )


def scorer(results: Json) -> str:
    """Return all programs by process layout and batch size."""
    rows = [
        (
            name,
            crew,
            size,
            format_figure(batch["per_second"][name]),
            format_number(read_median(batch["per_cpu_second"][name])),
        )
        for crew, batches in results["scorer"]["crews"].items()
        for size, batch in batches.items()
        for name in batch["per_second"]
    ]
    return make_table(
        ("program", "cores", "batch", "tweets/s", "tweets per CPU second"),
        sorted(rows, key=_crew_program_batch),
    )


def _crew_program_batch(row: Sequence[str]) -> tuple[str, str, int]:
    return row[1], row[0], int(row[2])


def scorer_best(results: Json) -> str:
    """Return the best of each program on two cores."""
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
            format_number(best[name]),
            f"{best[name] / best['limit']:.2f}",
            f"{best[name] / best['keras_predict']:.1f}",
        )
        for name, label in names.items()
    ]
    return make_table(("best on two cores", "tweets/s", "of the limit", "times Keras"), rows) + (
        f"\n\nThe largest difference between a score of the engine and Keras's: {best['difference']:.1e}."
    )


def stages(results: Json) -> str:
    """Return the cost and share of each stage."""
    found = results["stages"]
    rows = [
        (stage, format_number(cost["us"]), f"{cost['share']:.0%}") for stage, cost in found["cost"].items()
    ]
    return make_table(
        ("stage", "µs CPU per tweet", "share"), [*rows, ("all", format_number(found["sum_us"]), "100%")]
    )


def end_to_end(results: Json) -> str:
    """Return throughput by number of processes."""
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
        (name, *(format_figure(row[column]) for column in columns))
        for name, row in results["end_to_end"]["processes"].items()
    ]
    return make_table(head, rows)


def latency(results: Json) -> str:
    """Return latency quantiles by load."""
    rows = [
        (
            f"{load} %",
            format_number(row["rate"]),
            *(format_number(row[name]) for name in ("p50_ms", "p99_ms", "p99_9_ms", "max_ms")),
        )
        for load, row in results["end_to_end"]["latency"].items()
    ]
    return make_table(("load", "tweets/s", "p50 ms", "p99 ms", "p99.9 ms", "longest ms"), rows)


def versus(results: Json) -> str:
    """Return the product and its peers, the fastest first."""
    ran = results["versus"]["ran"]
    fastest = sorted(ran, key=lambda name: -read_median(ran[name]["tweets_per_second"]))
    columns = ("tweets_per_second", "seconds", "cpu_seconds", "peak_mb")
    best = read_median(ran[fastest[0]]["tweets_per_second"])
    rows = [
        (
            name,
            f"{best / read_median(ran[name]['tweets_per_second']):.1f}",
            *(format_figure(ran[name][key]) for key in columns),
        )
        for name in fastest
    ]
    rows += [(name, "not run", "", "", "", "") for name in results["versus"]["not_run"]]
    return make_table(
        ("", "times slower", "tweets/s", "s, start included", "CPU s", "MB, all processes"), rows
    )


def growth(results: Json) -> str:
    """Return one table for each input that grows."""
    found = results["growth"]
    tables = [
        make_table(
            (name, "tweets/s", "µs CPU per tweet", "MB", "memory at the end / after 100k"),
            _growth_rows(found[key]),
        )
        for key, name in _GROWS.items()
        if found[key]
    ]
    if found["files"]:
        rows = [
            (f"{row['files']:,}", format_number(row["first_scored_s"])) for row in found["files"].values()
        ]
        tables.append(make_table(("Parquet files of one day", "s to first scored"), rows))
    return "\n\n".join(tables)


def _growth_rows(found: Json) -> list[tuple[str, ...]]:
    return [
        (
            f"{int(size):,}",
            format_number(row["tweets_per_second"]),
            format_number(row["cpu_us_per_tweet"]),
            format_number(row["peak_mb"]),
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
"""By name, ratios first, each with the parts of the results that it needs."""
