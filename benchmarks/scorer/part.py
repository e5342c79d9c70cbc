"""The part "scorer" of the report: one thread, two threads in one process, and two processes with one thread each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.harness.subprocesses import measure_together
from benchmarks.report.figures import read_median
from benchmarks.scorer.programs import DEFAULT_ENGINE, KERAS, KERAS_DEFAULT, SCORER

if TYPE_CHECKING:
    from benchmarks.report.figures import Json
    from benchmarks.servers.running import Servers
    from benchmarks.sizes import Sizes

CHILD: Final = "benchmarks.scorer.child"
ONE: Final = "one thread"
TWO_THREADS: Final = "two threads"
TWO_PROCESSES: Final = "two processes"
CREWS: Final = {ONE: (1, 1), TWO_THREADS: (2, 1), TWO_PROCESSES: (1, 2)}
"""Threads of each process, and processes."""
LIMITS: Final = ("limit_numpy", "limit_onnxruntime")


def measure_scorer(servers: Servers, sizes: Sizes) -> Json:
    """Measure all programs on each batch size, and find the best of each on two cores."""
    measured: Json = {}
    for crew in sizes.crews:
        threads, processes = CREWS[crew]
        request = {
            "threads": threads,
            "batches": sizes.batches,
            "rounds": sizes.scorer_rounds,
            "data": str(servers.data) if servers.data else None,
        }
        measured[crew] = _add_rates(measure_together(CHILD, threads, [request] * processes))
    return {"crews": measured, "best": _find_best(measured)}


def _add_rates(answers: list[Json]) -> Json:
    """Return the summed rates of processes that ran at the same time."""
    first, *others = answers
    for size, batch in first.items():
        for name, rate in batch["per_second"].items():
            for other in others:
                added = other[size]["per_second"][name]
                rate |= {key: rate[key] + added[key] for key in ("median", "low", "high")}
    return first


def _find_best(measured: Json) -> Json:
    """Return tweets per second on all cores: the best of each program over batch sizes and both layouts of two cores.

    Keras is compared with two threads only: several processes that share nothing are this product's design, not Keras's.
    """

    def best(*names: str, crews: tuple[str, ...] = (TWO_THREADS, TWO_PROCESSES)) -> float:
        return max(
            read_median(batch["per_second"][name])
            for crew in crews
            for batch in measured[crew].values()
            for name in names
        )

    return {
        "engine": best(DEFAULT_ENGINE),
        "scorer": best(SCORER),
        "keras_predict": best(KERAS, crews=(TWO_THREADS,)),
        "keras_predict_processes": best(KERAS, crews=(TWO_PROCESSES,)),
        "keras_predict_default": best(KERAS_DEFAULT, crews=(TWO_THREADS,)),
        "limit": best(*LIMITS),
        "difference": max(
            batch["differences"][DEFAULT_ENGINE] for crew in measured.values() for batch in crew.values()
        ),
    }
