"""Counts that do not depend on the machine: bytecode instructions of our code, and memory that Python allocates."""

from __future__ import annotations

import sys
import threading
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

ROOT = Path(__file__).parents[2]
IN_MEMORY = "worker/source/memory.py"
"""The topic in memory, which loops over records."""


def count_instructions(call: Callable[[], object]) -> Counter[str]:
    """Return the bytecode instructions that each of the project's modules runs, without libraries."""
    counts: Counter[str] = Counter()
    modules: dict[str, str | None] = {}

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:
        path = frame.f_code.co_filename
        if path not in modules:
            modules[path] = _module(path)
        if modules[path] is None:
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        return step

    def step(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "opcode" and (module := modules[frame.f_code.co_filename]):
            counts[module] += 1
        return step

    before = sys.gettrace()
    threading.settrace(enter)
    sys.settrace(enter)
    try:
        call()
    finally:
        sys.settrace(before)
        threading.settrace(None)
    return counts


def _module(path: str) -> str | None:
    if not path.startswith(f"{ROOT}/"):
        return None
    module = str(Path(path).relative_to(ROOT))
    return None if module == IN_MEMORY or "site-packages" in module else module


def divide_by_tweets(small: Counter[str], large: Counter[str], tweets: int) -> dict[str, float]:
    """Return instructions per tweet: the difference of two counts over that in tweets, without costs per batch."""
    return {module: (large[module] - small[module]) / tweets for module in large | small}


def measure_peak_bytes(call: Callable[[], object]) -> int:
    """Return the peak of bytes that Python and numpy held, beyond those held before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        call()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak - before
