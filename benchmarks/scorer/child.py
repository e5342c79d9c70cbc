"""``python -m benchmarks.scorer.child REQUEST``: one process with its own number of threads; rounds in which all take turns."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.harness.model import shipped_model
from benchmarks.harness.network import recurrent
from benchmarks.harness.subprocesses import read_request, send_answer, wait_until_all_ready
from benchmarks.load.texts import arrow_texts
from benchmarks.report.figures import Figure
from benchmarks.scorer.limit import flops, limits
from benchmarks.scorer.programs import KERAS, Programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.report.figures import Json
    from model_registry.networks.recurrent import RecurrentNetwork

REST_S = 0.02
"""Threads that wait for work keep a core busy for a while: that of whoever comes next."""


def measure_batch(programs: Programs, network: RecurrentNetwork, size: int, rounds: int, asked: Json) -> Json:
    """Tweets per second, of the clock and of processor time, of each program on one batch."""
    texts = arrow_texts(size, Path(asked["data"]) if asked["data"] else None)
    lengths = programs.tokens(texts).lengths
    calls: dict[str, Callable[[], object]] = {
        **programs.on(texts),
        **limits(network, lengths, asked["threads"]),
    }
    for call in calls.values():
        call()
    clock: dict[str, list[float]] = {name: [] for name in calls}
    cpu: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            time.sleep(REST_S)
            began, began_cpu = time.perf_counter(), time.process_time()
            call()
            clock[name].append(size / (time.perf_counter() - began))
            cpu[name].append(size / (time.process_time() - began_cpu))
    return {
        "words": float(lengths.mean()),
        "flops": flops(network, lengths),
        "per_second": {name: asdict(Figure.of(rates)) for name, rates in clock.items()},
        "per_cpu_second": {name: asdict(Figure.of(rates)) for name, rates in cpu.items()},
        "differences": _differences(programs, texts),
    }


def _differences(programs: Programs, texts: object) -> dict[str, float]:
    """The largest difference between each program's scores and Keras's."""
    found = {name: call() for name, call in programs.on(texts).items()}
    return {name: float(np.abs(scores - found[KERAS]).max()) for name, scores in found.items()}


def main() -> None:
    asked = read_request()
    artifact = shipped_model()
    network = recurrent(artifact)
    programs = Programs(artifact, asked["threads"])
    for size in asked["batches"]:
        for call in programs.on(arrow_texts(size)).values():
            call()
    wait_until_all_ready()
    send_answer(
        {
            str(size): measure_batch(programs, network, size, asked["rounds"], asked)
            for size in asked["batches"]
        }
    )


if __name__ == "__main__":
    main()
