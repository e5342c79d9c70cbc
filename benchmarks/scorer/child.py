"""``python -m benchmarks.scorer.child REQUEST``: measure all programs in turns, in a process with its own number of threads."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.harness.model import shipped_model
from benchmarks.harness.network import recurrent
from benchmarks.harness.subprocesses import read_request, send_answer, wait_until_all_ready
from benchmarks.load.texts import make_arrow_texts
from benchmarks.report.figures import MedianFigure
from benchmarks.scorer.limit import count_flops, make_limit_programs
from benchmarks.scorer.programs import KERAS, Programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.report.figures import Json
    from model_registry.networks.recurrent import RecurrentNetwork

PAUSE_S = 0.02
"""Idle threads of one program keep a core busy for a while, which would slow down the next program."""


def measure_batch(programs: Programs, network: RecurrentNetwork, size: int, rounds: int, asked: Json) -> Json:
    """Return tweets per second, by wall clock and by processor time, of each program on one batch."""
    texts = make_arrow_texts(size, Path(asked["data"]) if asked["data"] else None)
    lengths = programs.encode(texts).lengths
    calls: dict[str, Callable[[], object]] = {
        **programs.make_calls(texts),
        **make_limit_programs(network, lengths, asked["threads"]),
    }
    for call in calls.values():
        call()
    clock: dict[str, list[float]] = {name: [] for name in calls}
    cpu: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            time.sleep(PAUSE_S)
            began, began_cpu = time.perf_counter(), time.process_time()
            call()
            clock[name].append(size / (time.perf_counter() - began))
            cpu[name].append(size / (time.process_time() - began_cpu))
    return {
        "words": float(lengths.mean()),
        "flops": count_flops(network, lengths),
        "per_second": {name: asdict(MedianFigure.of(rates)) for name, rates in clock.items()},
        "per_cpu_second": {name: asdict(MedianFigure.of(rates)) for name, rates in cpu.items()},
        "differences": _compare_scores(programs, texts),
    }


def _compare_scores(programs: Programs, texts: object) -> dict[str, float]:
    """Return the largest difference between each program's scores and Keras's."""
    found = {name: call() for name, call in programs.make_calls(texts).items()}
    return {name: float(np.abs(scores - found[KERAS]).max()) for name, scores in found.items()}


def main() -> None:
    asked = read_request()
    loaded_model = shipped_model()
    network = recurrent(loaded_model)
    programs = Programs(loaded_model, asked["threads"])
    for size in asked["batches"]:
        for call in programs.make_calls(make_arrow_texts(size)).values():
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
