"""ProcessMemory and processor time of a process and its descendants, read from ``/proc``. Standard library only: peers use it."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PARENT, _STARTED, _TIMES = 1, 19, slice(11, 15)
"""Fields of ``/proc/<pid>/stat``, counted from the state: proc_pid_stat(5). The times are utime, stime, and the same of
children that ended."""
_KB_PER_MB = 1024


@dataclass(frozen=True, slots=True)
class ProcessMemory:
    """Megabytes. ``resident`` now and ``peak`` until now, of the largest process; ``peaks``: the sum over all."""

    resident: float = 0.0
    peak: float = 0.0
    peaks: float = 0.0

    def max_with(self, other: ProcessMemory) -> ProcessMemory:
        """Return the larger of each value."""
        return ProcessMemory(
            max(self.resident, other.resident), max(self.peak, other.peak), max(self.peaks, other.peaks)
        )


def list_descendants(root: int) -> list[int]:
    """Return ``root`` and all processes below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _read_stat(int(entry.name))):
            children.setdefault(int(fields[_PARENT]), []).append(int(entry.name))
    found = [root]
    for pid in found:  # grows while it is walked
        found += children.get(pid, [])
    return found


def measure_cpu_seconds(root: int) -> float:
    """Return the processor time of the process and its descendants, with that of children that have ended."""
    ticks = (int(field) for pid in list_descendants(root) for field in _read_stat(pid)[_TIMES])
    return sum(ticks) / _TICKS_PER_S


def measure_memory(root: int) -> ProcessMemory:
    """Return the memory of the process and its descendants."""
    statuses = [_read(f"/proc/{pid}/status") for pid in list_descendants(root)]
    resident = [_find_mb(status, "VmRSS") for status in statuses]
    peak = [_find_mb(status, "VmHWM") for status in statuses]
    return ProcessMemory(max(resident), max(peak), sum(peak))


def measure_peaks(root: int) -> dict[int, float]:
    """Return the peak megabytes of the process and of each descendant, by process id."""
    return {pid: _find_mb(_read(f"/proc/{pid}/status"), "VmHWM") for pid in list_descendants(root)}


def seconds_since_start(pid: int) -> float:
    """Return how long ago the process started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(_read_stat(pid)[_STARTED]) / _TICKS_PER_S


def _find_mb(status: str, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    return int(found[1]) / _KB_PER_MB if found else 0.0


def _read_stat(pid: int) -> list[str]:
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _read(path: str) -> str:
    """Return an empty text for a process that has just ended."""
    try:
        return Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
