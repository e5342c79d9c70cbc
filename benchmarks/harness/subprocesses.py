"""Measurements in subprocesses, each with its own number of threads and its own memory."""

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
    """Return our environment without Bad Buzz settings, and with this code on Python's path."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("BADBUZZ_")}
    return own | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"} | more


def measure(module: str, threads: int, request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the module answers
    """Run ``python -m MODULE`` on a request. Return its answer."""
    return measure_together(module, threads, [request])[0]


def measure_together(module: str, threads: int, requests: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Run one process for each request. All start to measure when the last one is ready."""
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


def read_request() -> dict[str, Any]:
    """Return the request, in a process started by :func:`measure`."""
    found: dict[str, Any] = json.loads(sys.argv[1])
    return found


def wait_until_all_ready() -> None:
    """Report that this process is ready. Return when all others are ready, too."""
    print(_READY, flush=True)
    sys.stdin.readline()


def send_answer(result: object) -> None:
    """Send the result to the parent."""
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
