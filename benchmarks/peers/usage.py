"""What a peer took, with all the processes that it started, as Linux keeps it."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.peers.job import Job

_LOOK_EVERY_S = 1.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PARENT, _FIRST_TIME, _LAST_TIME, _STARTED = 1, 11, 15, 19
"""Fields of ``/proc/<pid>/stat``, counted from the state, which follows the name: see proc_pid_stat(5)."""


class Usage:
    """Watches the process that makes it, and all that descend from it: some of them end before there is a report."""

    def __init__(self) -> None:
        self._peaks_mb: dict[int, float] = {}
        threading.Thread(target=self._watch, daemon=True).start()

    def report(self, peer: str, job: Job) -> None:
        """Print the line that the benchmark reads: when all is done, and before any process is stopped."""
        started = int(_stat(os.getpid())[_STARTED]) / _TICKS_PER_S
        now, first = time.time(), job.first_seen.stat().st_mtime
        self._look()
        figures = {
            "peer": peer,
            "tweets": job.records,
            "seconds": round(time.clock_gettime(time.CLOCK_BOOTTIME) - started, 2),
            "working_seconds": round(now - first, 2),
            "cpu_seconds": round(sum(map(_cpu_seconds, tree(os.getpid()))), 2),
            "peak_mb": round(sum(self._peaks_mb.values())),
        }
        print(json.dumps(figures), flush=True)

    def _watch(self) -> None:
        while True:
            self._look()
            time.sleep(_LOOK_EVERY_S)

    def _look(self) -> None:
        for pid in tree(os.getpid()):
            self._peaks_mb[pid] = max(self._peaks_mb.get(pid, 0.0), _peak_mb(pid))


def tree(root: int) -> list[int]:
    """``root`` and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[_PARENT]), []).append(int(entry.name))
    found = [root]
    for pid in found:  # grows while it is walked
        found += children.get(pid, [])
    return found


def _cpu_seconds(pid: int) -> float:
    """Own time, and that of children that have ended."""
    return sum(map(int, _stat(pid)[_FIRST_TIME:_LAST_TIME])) / _TICKS_PER_S


def _peak_mb(pid: int) -> float:
    peak = re.search(r"VmHWM:\s+(\d+) kB", _read(f"/proc/{pid}/status"))
    return int(peak[1]) / 1024 if peak else 0.0


def _stat(pid: int) -> list[str]:
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _read(path: str) -> str:
    """Give nothing for a process that has just ended."""
    try:
        return Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
