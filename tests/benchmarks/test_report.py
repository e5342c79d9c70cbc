from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.report.figures import MedianFigure, to_figures
from benchmarks.report.page import NOT_MEASURED, PAGES, fill_page, make_report, write_table
from benchmarks.report.results import PUBLISHED, Results, read_results
from benchmarks.report.scale import Fleet, Inputs
from benchmarks.report.targets import TARGETS, WITH_ONNX, check_targets
from benchmarks.report.writing import format_figure, format_number

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.report.figures import Json


def _figure(value: float) -> Json:
    return {"median": value, "low": value, "high": value, "n": 1}


def _run(rate: float) -> Json:
    values = {"tweets_per_second": rate, "cpu_us_per_tweet": 50.0, "peak_mb": 400.0, "first_scored_s": 3.0}
    values |= {"files": 50.0, "bytes_per_tweet": 60.0, "redis_calls": 500.0, "redis_us_per_call": 200.0}
    return {name: _figure(value) for name, value in values.items()}


def _results() -> dict[str, Any]:
    peer = {"tweets_per_second": 0.0, "seconds": 20.0, "cpu_seconds": 30.0, "peak_mb": 900.0}
    rates = {"badbuzz, 2 processes": 50_000, "plain": 5_000, "quix": 40_000, f"quix, {WITH_ONNX}": 25_000}
    ran = {name: {key: _figure(value) for key, value in peer.items()} for name in rates}
    for name, rate in rates.items():
        ran[name]["tweets_per_second"] = _figure(rate)
    return {
        "scorer": {
            "best": {
                "engine": 80_000,
                "scorer": 60_000,
                "keras_predict": 8_000,
                "keras_predict_processes": 12_000,
                "keras_predict_default": 2_000,
                "limit": 100_000,
                "difference": 4e-7,
            },
            "crews": {},
        },
        "end_to_end": {
            "tweets": 1_000_000,
            "processes": {"1": _run(30_000), "2": _run(48_000)},
            "start": {"first_scored_s": _figure(2.5)},
            "latency": {
                "50": {"rate": 1.0, "p50_ms": 40.0, "p99_ms": 120.0, "p99_9_ms": 200.0, "max_ms": 250.0}
            },
            "machine": {"cores": 2},
        },
        "versus": {"ran": ran, "not_run": {"flink": "no wheels"}},
    }


def test_a_figure_is_a_median_with_its_spread() -> None:
    assert MedianFigure.of([3.0, 1.0, 2.0]) == MedianFigure(2.0, 1.0, 3.0, 3)
    assert to_figures([{"a": 1.0}, {"a": 3.0}])["a"]["median"] == 2.0
    assert (
        format_figure({"median": 12_345.6, "low": 11_111.0, "high": 13_000.0, "n": 3})
        == "12,300 (11,100 to 13,000)"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (12.0, "12"), (0.01234, "0.0123"), (1.5, "1.50"), (123.4, "123"), (98_765.0, "98,800")],
)
def test_numbers_have_three_significant_digits(value: float, text: str) -> None:
    assert format_number(value) == text


def test_targets_are_ratios_of_measured_values() -> None:
    found = check_targets(_results())
    values = {key: target["value"] for key, target in found.items()}
    assert values == {
        "scorer_to_keras_predict": 10.0,
        "scorer_of_gemm_limit": 0.8,
        "end_to_end_to_plain_script": 10.0,
        "end_to_end_to_best_framework": 2.0,
        "end_to_end_to_best_framework_with_our_scorer": 1.25,
        "end_to_end_of_scorer_alone": 0.6,
        "append_to_counter_p99_ms": 120.0,
        "worker_memory_mb": 400.0,
        "start_to_first_scored_s": 2.5,
        "memory_after_10m_to_100k": None,
    }
    assert [target["reached"] for target in found.values()] == [
        *("bound", "aim", "aim", "bound", "bound", "bound", "bound", "bound", "bound"),
        None,
    ]


def test_wrong_scores_give_no_ratio() -> None:
    results = _results()
    results["scorer"]["best"]["difference"] = 2e-5
    assert check_targets(results)["scorer_to_keras_predict"]["value"] is None


def test_a_missed_target_is_marked() -> None:
    results = _results()
    results["end_to_end"]["latency"]["50"]["p99_ms"] = 251.0
    assert check_targets(results)["append_to_counter_p99_ms"]["reached"] == "missed"


def test_parts_that_were_not_measured_have_no_values() -> None:
    assert all(target["value"] is None for target in check_targets({}).values())
    assert len({target.key for target in TARGETS}) == len(TARGETS)
    assert write_table("versus", {}) == NOT_MEASURED


def test_each_part_is_written_at_once(tmp_path: Path) -> None:
    path = tmp_path / "build" / "bench.json"
    parts = _results()
    Results(path, command="first", data=None, add=False).keep("scorer", parts["scorer"])
    Results(path, command="second", data=tmp_path / "tweets.parquet", add=True).keep(
        "end_to_end", parts["end_to_end"]
    )
    found = read_results(path)
    assert found["scorer"]["machine"]["command"] == "first"
    assert found["end_to_end"]["machine"]["data"] == "tweets.parquet"
    assert found["targets"]["end_to_end_of_scorer_alone"]["value"] == 0.6
    Results(path, command="third", data=None, add=False).keep("versus", parts["versus"])
    assert set(read_results(path)) == {"versus", "targets"}


def test_the_report_has_a_table_of_each_part(tmp_path: Path) -> None:
    results = Results(tmp_path / "bench.json", command="all", data=None, add=False)
    for name, part in _results().items():
        results.keep(name, part)
    text = make_report(results.json)
    assert "| end to end against the plain script | 10\u00a0× | 6\u00a0× | 10\u00a0× | aim reached |" in text
    assert "| flink | not run |" in text
    assert f"## growth\n\n{NOT_MEASURED}" in text


def test_a_page_can_be_filled_again() -> None:
    page = "a\n<!-- bench: redis_limit -->\nold\n<!-- /bench -->\nz\n"
    once = fill_page(page, _results())
    assert "old" not in once
    assert "2.08e+05" not in once
    assert fill_page(once, _results()) == once
    assert fill_page(once, {}) == page.replace("old", NOT_MEASURED)


def test_a_hundred_machines_are_a_hundred_times_one() -> None:
    inputs = Inputs.of(_results())
    assert inputs.processes == 2
    one, hundred = Fleet(1, inputs), Fleet(100, inputs)
    assert hundred.tweets_per_second == 100 * one.tweets_per_second == 4_800_000
    assert one.redis_calls_per_second == pytest.approx(24)
    assert hundred.redis_core == pytest.approx(0.48)
    assert one.files_per_day == 2 * 2_880 * 36
    assert hundred.gigabytes_per_day == pytest.approx(24_883.2)


def test_the_pages_match_the_published_results() -> None:
    results = read_results(PUBLISHED) if PUBLISHED.exists() else {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert re.search(r"<!-- bench: \w+ -->", text)
        assert fill_page(text, results) == text, f"{page.name}: run make bench-docs"
