"""The memory of workers, sampled every second, and summarised by minute and by age."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

EVERY_S = 1.0
SETTLED_S = 15.0
"""A younger worker is still loading, so its memory says nothing about growth."""
BOUND_MB = 450
"""The limit for a worker with the bundled model."""
AGES_S = (30, 60, 120, 300, 600, 1_200, 1_800)


@dataclass(frozen=True, slots=True)
class MemorySample:
    """One worker at one moment: seconds since the beginning, seconds since its start, resident megabytes."""

    pid: int
    at_s: float
    age_s: float
    mb: float


class MemoryWatch:
    """Samples all living workers from a thread of its own.

    :param workers: process id and start (monotonic) of each that lives now.
    """

    def __init__(self, workers: Callable[[], Iterable[tuple[int, float]]]) -> None:
        self.samples: list[MemorySample] = []
        self._workers = workers
        self._began = time.monotonic()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def of(self, pid: int) -> list[MemorySample]:
        """Return one worker's samples."""
        return [sample for sample in self.samples if sample.pid == pid]

    def _watch(self) -> None:
        while not self._closed.wait(EVERY_S):
            now = time.monotonic()
            for pid, started in self._workers():
                with suppress(FileNotFoundError, ProcessLookupError, StopIteration):  # it has just ended
                    self.samples.append(
                        MemorySample(pid, now - self._began, now - started, _resident_mb(pid))
                    )


def beyond_bound(samples: Sequence[MemorySample]) -> Iterator[str]:
    """Yield a violation if a worker ever exceeded the limit."""
    most_mb = _most_mb(samples)
    if most_mb > BOUND_MB:
        yield f"a worker held {most_mb} MB, more than {BOUND_MB}"


def summary(samples: Sequence[MemorySample]) -> dict[str, object]:
    """Return the maximum, and medians of loaded workers in the first and last third of the time, by minute, and by age."""
    settled = [sample for sample in samples if sample.age_s >= SETTLED_S]
    end_s = max((sample.at_s for sample in samples), default=0.0)
    return {
        "max": _most_mb(samples),
        "first_third_median": _median(sample.mb for sample in settled if sample.at_s <= end_s / 3),
        "last_third_median": _median(sample.mb for sample in settled if sample.at_s > end_s * 2 / 3),
        "median_by_minute": _medians((int(sample.at_s // 60), sample.mb) for sample in settled),
        "median_by_age_s": _medians((_age(sample.age_s), sample.mb) for sample in settled),
    }


def _most_mb(samples: Sequence[MemorySample]) -> float:
    return round(max((sample.mb for sample in samples), default=0.0), 1)


def _medians(pairs: Iterable[tuple[int, float]]) -> dict[int, float | None]:
    groups: dict[int, list[float]] = defaultdict(list)
    for group, mb in pairs:
        groups[group].append(mb)
    return {group: _median(found) for group, found in sorted(groups.items())}


def _age(seconds: float) -> int:
    """Return the first of ``AGES_S`` that is not below ``seconds``, or the last one."""
    return next((bound for bound in AGES_S if seconds <= bound), AGES_S[-1])


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return round(median(found), 1) if found else None


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kilobytes) / 1024
