"""What a peer used, with all the processes that it started."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING

from benchmarks.harness.processes import measure_cpu_seconds, measure_peaks, seconds_since_start

if TYPE_CHECKING:
    from benchmarks.peers.job import Job

_SAMPLE_EVERY_S = 1.0


class PeerUsage:
    """Samples the memory of this process and its descendants from now on: some of them end before the report."""

    def __init__(self) -> None:
        self._peaks_mb: dict[int, float] = {}
        threading.Thread(target=self._sample_forever, daemon=True).start()

    def report(self, peer: str, job: Job) -> None:
        """Print the line that the benchmark reads. Call it when all records are done, before a process is stopped."""
        working = time.time() - job.first_record_path.stat().st_mtime
        self._sample()
        figures = {
            "peer": peer,
            "tweets": job.records,
            "seconds": round(seconds_since_start(os.getpid()), 2),
            "working_seconds": round(working, 2),
            "cpu_seconds": round(measure_cpu_seconds(os.getpid()), 2),
            "peak_mb": round(sum(self._peaks_mb.values())),
        }
        print(json.dumps(figures), flush=True)

    def _sample_forever(self) -> None:
        while True:
            self._sample()
            time.sleep(_SAMPLE_EVERY_S)

    def _sample(self) -> None:
        for pid, peak in measure_peaks(os.getpid()).items():
            self._peaks_mb[pid] = max(self._peaks_mb.get(pid, 0.0), peak)
