"""Runs several members of the group on one machine: one process each, with one arithmetic thread.

N processes with one thread were measured to be faster than one process with N threads, because decoding and Parquet hold
Python's lock.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from badbuzz.errors import DependencyDown
from badbuzz.system.child_process import bind_to_parent, build_badbuzz_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import FrameType

POLL_S = 0.2
KILLED = 128
"""Plus a signal's number, the exit code of a process that the signal killed, as in a shell."""
STOP_S = 30.0
"""Longer than a worker's drain. A process that still runs then hangs, and is killed."""


class ProcessGroup:
    """Runs several processes. If one fails, all are stopped, so that the orchestrator restarts the whole group.

    The processes are tethered: they end with this one, even if it is killed.
    """

    def __init__(self, commands: Sequence[Sequence[str]]) -> None:
        self._commands = commands
        self._stopping = False

    def run(self) -> int:
        """Start all, wait for a failure or the end, and stop all. Return 0, or the exit code of the first failed process."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        processes = [_start(command) for command in self._commands]
        try:
            failed = self._watch(processes)
        finally:
            codes = _stop_all(processes)
        return failed or _first_failure(codes)

    def _watch(self, processes: list[subprocess.Popen[bytes]]) -> int:
        while not self._stopping:
            codes = [process.poll() for process in processes]
            if None not in codes or any(codes):
                return _first_failure(codes)
            time.sleep(POLL_S)
        return 0

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(bind_to_parent(command), start_new_session=True)  # noqa: S603 - our own command line


def _stop_all(processes: Sequence[subprocess.Popen[bytes]]) -> list[int]:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_S
    return [_wait(process, deadline) for process in processes]


def _wait(process: subprocess.Popen[bytes], deadline: float) -> int:
    try:
        code = process.wait(timeout=max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return DependencyDown.exit_code
    return 0 if code == -signal.SIGTERM else code  # stopped before it had a signal handler: nothing to drain


def _first_failure(codes: Iterable[int | None]) -> int:
    """Return the first exit code that is not 0, or 0."""
    failed = next((code for code in codes if code), 0)
    return failed if failed >= 0 else KILLED - failed


def build_own_command(*extra: str) -> list[str]:
    """Return this process's command line with more arguments."""
    return build_badbuzz_command(*sys.argv[1:], *extra)
