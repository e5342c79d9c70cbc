"""Describe the machine that an experiment runs on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Final

_PROCESSORS: Final = Path("/proc/cpuinfo")
_MODEL: Final = "model name"


def describe_machine() -> str:
    """Return the number of cores and the processor, such as ``2 cores, AMD EPYC 7B13``."""
    return f"{os.cpu_count()} cores, {_processor()}"


def _processor() -> str:
    try:
        lines = _PROCESSORS.read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = (line.split(":", 1) for line in lines if ":" in line)
    by_name = {name.strip(): value.strip() for name, value in fields}
    return by_name.get(_MODEL) or platform.machine()
