"""The machine that a row is fitted on, for the table's column."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Final

_PROCESSORS: Final = Path("/proc/cpuinfo")
_MODEL: Final = "model name"


def describe() -> str:
    """Name processor and number of cores, such as ``2 cores, AMD EPYC 7B13``."""
    return f"{os.cpu_count()} cores, {_processor()}"


def _processor() -> str:
    try:
        told = dict(line.split(":", 1) for line in _PROCESSORS.read_text().splitlines() if ":" in line)
    except OSError:
        return platform.processor() or platform.machine()
    by_name = {name.strip(): value.strip() for name, value in told.items()}
    return by_name.get(_MODEL) or platform.machine()
