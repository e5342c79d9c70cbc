"""The targets: ratios and bounds that the product should reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from benchmarks.report.figures import read_median

if TYPE_CHECKING:
    from benchmarks.report.figures import Json

MAX_DIFFERENCE: Final = 1e-5
PLAIN: Final = "plain"
OURS: Final = "badbuzz"
WITH_ONNX: Final = "ONNX model"
"""Part of the name of a peer that scores with ONNX Runtime."""

Value: TypeAlias = Callable[["Json"], float]
"""Reads a value from results. A ``KeyError``, ``TypeError`` or ``ValueError`` means that it was not measured."""


@dataclass(frozen=True, slots=True)
class Target:
    """One target. ``at_most``: whether smaller values are better."""

    key: str
    label: str
    bound: float
    aim: float
    value: Value
    unit: str = "×"
    at_most: bool = False

    def to_json(self, results: Json) -> Json:
        """Return the target with the measured value, or None if it was not measured."""
        try:
            value = self.value(results)
        except (KeyError, TypeError, ValueError):
            value = None
        return {
            "label": self.label,
            "value": value,
            "unit": self.unit,
            "bound": self.bound,
            "aim": self.aim,
            "at_most": self.at_most,
            "reached": None if value is None else self._reached(value),
        }

    def _reached(self, value: float) -> str:
        for name, bound in (("aim", self.aim), ("bound", self.bound)):
            if value <= bound if self.at_most else value >= bound:
                return name
        return "missed"


def _of_keras(results: Json) -> float:
    best = results["scorer"]["best"]
    if best["difference"] > MAX_DIFFERENCE:
        raise ValueError("the scores are wrong")
    return float(best["engine"] / best["keras_predict"])


def _of_limit(results: Json) -> float:
    best = results["scorer"]["best"]
    return float(best["engine"] / best["limit"])


def _ours(ran: Json) -> float:
    return max(read_median(row["tweets_per_second"]) for name, row in ran.items() if name.startswith(OURS))


def _of_plain(results: Json) -> float:
    ran = results["versus"]["ran"]
    return _ours(ran) / read_median(ran[PLAIN]["tweets_per_second"])


def _of_frameworks(results: Json) -> float:
    """Compare with the frameworks that score with an ONNX file."""
    ran = results["versus"]["ran"]
    return _ours(ran) / max(
        read_median(row["tweets_per_second"]) for name, row in ran.items() if WITH_ONNX in name
    )


def _of_frameworks_with_our_scorer(results: Json) -> float:
    ran = results["versus"]["ran"]
    others = (name for name in ran if name != PLAIN and not name.startswith(OURS) and WITH_ONNX not in name)
    return _ours(ran) / max(read_median(ran[name]["tweets_per_second"]) for name in others)


def _of_scorer(results: Json) -> float:
    processes = results["end_to_end"]["processes"]
    fastest = max(read_median(row["tweets_per_second"]) for row in processes.values())
    return float(fastest / results["scorer"]["best"]["engine"])


def _latency(results: Json) -> float:
    return float(results["end_to_end"]["latency"]["50"]["p99_ms"])


def _memory(results: Json) -> float:
    return max(float(row["peak_mb"]["high"]) for row in results["end_to_end"]["processes"].values())


def _start(results: Json) -> float:
    return read_median(results["end_to_end"]["start"]["first_scored_s"])


def _memory_growth(results: Json) -> float:
    longest = max(results["growth"]["backlog"], key=int)
    return float(results["growth"]["backlog"][longest]["memory_ratio"])


TARGETS: Final = (
    Target(
        "scorer_to_keras_predict",
        "scorer against Keras `predict`, same weights, fp32, error < 1e-5",
        10,
        15,
        _of_keras,
    ),
    Target(
        "scorer_of_gemm_limit",
        "fp32 scorer as a fraction of the GEMM limit for the real lengths",
        0.5,
        0.75,
        _of_limit,
        unit="",
    ),
    Target("end_to_end_to_plain_script", "end to end against the plain script", 6, 10, _of_plain),
    Target(
        "end_to_end_to_best_framework",
        "end to end against the best framework peer with the same ONNX model",
        1.5,
        3,
        _of_frameworks,
    ),
    Target(
        "end_to_end_to_best_framework_with_our_scorer",
        "the same, if the framework calls our own scorer",
        1,
        1.5,
        _of_frameworks_with_our_scorer,
    ),
    Target(
        "end_to_end_of_scorer_alone",
        "end to end as a fraction of scorer alone on the same cores",
        0.5,
        0.7,
        _of_scorer,
        unit="",
    ),
    Target(
        "append_to_counter_p99_ms",
        "append → counter p99 at 50 % load",
        250,
        100,
        _latency,
        unit="ms",
        at_most=True,
    ),
    Target(
        "worker_memory_mb", "memory of a worker, model included", 450, 250, _memory, unit="MB", at_most=True
    ),
    Target("start_to_first_scored_s", "start to first scored tweet", 4, 2, _start, unit="s", at_most=True),
    Target(
        "memory_after_10m_to_100k",
        "memory after 10M tweets against after 100k",
        1.1,
        1.02,
        _memory_growth,
        at_most=True,
    ),
)
"""In the order of the table."""


def check_targets(results: Json) -> Json:
    """Return all targets by key."""
    return {target.key: target.to_json(results) for target in TARGETS}
