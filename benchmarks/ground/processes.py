"""What processes take, as Linux tells it under ``/proc``: memory and processor time of one and of all below it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_TIMES = slice(11, 15)
"""utime, stime, and the same of children that ended, counted from the state on: proc(5)."""
_KB_PER_MB = 1024
_GONE = (FileNotFoundError, ProcessLookupError, StopIteration)


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes. ``resident`` now and ``peak`` until now, of the largest process; ``peaks``: of all, added up."""

    resident: float = 0.0
    peak: float = 0.0
    peaks: float = 0.0

    def at_most(self, other: Memory) -> Memory:
        """The larger of each."""
        return Memory(
            max(self.resident, other.resident), max(self.peak, other.peak), max(self.peaks, other.peaks)
        )


def tree(pid: int) -> list[int]:
    """The process and all below it that live."""
    found = [pid]
    for parent in found:
        with suppress(*_GONE):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time of the process and all below it, those that were waited for included."""
    return sum(_cpu_ticks(each) for each in tree(pid)) / _TICKS_PER_S


def memory(pid: int) -> Memory:
    """What the process and those below it hold."""
    resident, peak = [0.0], [0.0]
    for each in tree(pid):
        with suppress(*_GONE):
            status = Path(f"/proc/{each}/status").read_text()
            resident.append(_mb(status, "VmRSS"))
            peak.append(_mb(status, "VmHWM"))
    return Memory(max(resident), max(peak), sum(peak))


def _cpu_ticks(pid: int) -> int:
    with suppress(*_GONE):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[_TIMES]))
    return 0


def _mb(text: str, name: str) -> float:
    line = next(line for line in text.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / _KB_PER_MB
