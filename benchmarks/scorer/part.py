"""The part "scorer" of the report: one thread, two threads in one process, and two processes with one thread each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.harness.subprocesses import measure_together
from benchmarks.report.figures import middle
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


def scorer(servers: Servers, sizes: Sizes) -> Json:
    """Everything on each batch size, and the best of each program on two cores."""
    measured: Json = {}
    for crew in sizes.crews:
        threads, processes = CREWS[crew]
        request = {
            "threads": threads,
            "batches": sizes.batches,
            "rounds": sizes.scorer_rounds,
            "data": str(servers.data) if servers.data else None,
        }
        measured[crew] = _together(measure_together(CHILD, threads, [request] * processes))
    return {"crews": measured, "best": _best(measured)}


def _together(answers: list[Json]) -> Json:
    """What processes that ran at the same time did: their rates add up."""
    first, *others = answers
    for size, batch in first.items():
        for name, rate in batch["per_second"].items():
            for other in others:
                added = other[size]["per_second"][name]
                rate |= {key: rate[key] + added[key] for key in ("median", "low", "high")}
    return first


def _best(measured: Json) -> Json:
    """Tweets per second on all cores: the best of each program over batch sizes and both crews of two.

    Keras apart: to run it in several processes that share nothing is what this product does, and not what one does with Keras.
    """

    def best(*names: str, crews: tuple[str, ...] = (TWO_THREADS, TWO_PROCESSES)) -> float:
        return max(
            middle(batch["per_second"][name])
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
