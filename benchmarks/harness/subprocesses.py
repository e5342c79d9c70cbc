"""Measurements in processes of their own: with their own number of threads, and memory that counts as nobody else's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.harness.machine import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_READY = "ready"


def environment(**more: str) -> dict[str, str]:
    """Ours, without settings of Bad Buzz; this very code is what Python finds."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("BADBUZZ_")}
    return own | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"} | more


def measure(module: str, threads: int, request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the module answers
    """Run ``python -m MODULE`` on a request; returns what it answers."""
    return measure_together(module, threads, [request])[0]


def measure_together(module: str, threads: int, requests: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Run one process for each request, all of them at the same time from when the last one is ready."""
    processes = [_start(module, threads, request) for request in requests]
    for process in processes:
        assert process.stdout is not None
        while (line := process.stdout.readline()).strip() != _READY:
            if not line:
                raise SystemExit(f"{module} ended with {process.wait()} before it was ready")
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate()[0] for process in processes]
    for process in processes:
        if process.returncode:
            raise SystemExit(f"{module} ended with {process.returncode}")
    return [json.loads(answer.splitlines()[-1]) for answer in answers]


def request() -> dict[str, Any]:
    """Of the process that was started by :func:`measure`: what it was asked."""
    found: dict[str, Any] = json.loads(sys.argv[1])
    return found


def ready() -> None:
    """All is loaded; returns when all others are ready, too."""
    print(_READY, flush=True)
    sys.stdin.readline()


def answer(result: object) -> None:
    """Give the result to who asked."""
    print(json.dumps(result), flush=True)


def _start(module: str, threads: int, request: Mapping[str, Any]) -> subprocess.Popen[str]:
    number = str(threads)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    return subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-m", module, json.dumps(request)],
        env=environment(**dict.fromkeys(names, number)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
