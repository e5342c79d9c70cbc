"""Runs of ``badbuzz compact`` while workers run: started, killed, frozen, and finished at the end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from badbuzz.errors import DependencyDown
from badbuzz.system.child_process import bind_to_parent
from tests.chaos.plan import name_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.plan import FaultStep
    from tests.worker.system import System

AWAY = 75
"""The exit code of a compaction whose storage is away, or that met another one. The next one continues."""
EXPECTED_CODES = (0, AWAY, DependencyDown.exit_code)
DID_SOMETHING = '"compacted"'
TIMEOUT_S = 60.0
POLL_S = 0.05
SHOWN = 1_000


@dataclass(slots=True)
class RunningCompaction:
    """A started compaction. ``resume_at``: when it resumes, if it is frozen."""

    process: subprocess.Popen[bytes]
    step: FaultStep
    break_point_file: Path
    log: Path
    resume_at: float | None = None
    is_break_point_set: bool = False


class Compactions:
    """The compactions of a run. Several may run at once."""

    def __init__(self, system: System) -> None:
        self.faults: Counter[str] = Counter()
        self.violations: list[str] = []
        self._system = system
        self._running: list[RunningCompaction] = []
        self._started = 0

    def start(self, step: FaultStep) -> None:
        self._started += 1
        log = self._system.folder / f"compaction-{self._started}.log"
        break_point_file = log.with_suffix(".break-point")
        if step.break_point:
            step.break_point.set(break_point_file)
        settings = self._system.worker_settings | {"CHAOS_BREAK_POINT": str(break_point_file)}
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - ours
                bind_to_parent([sys.executable, "-m", self._system.worker_module, "compact", "--json"]),
                cwd=self._system.folder,
                env=self._system.environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._running.append(
            RunningCompaction(process, step, break_point_file, log, is_break_point_set=bool(step.break_point))
        )

    def check(self) -> None:
        """Process reached break points and ended compactions, and resume compactions whose time is over."""
        for compaction in list(self._running):
            if compaction.is_break_point_set and not compaction.break_point_file.exists():
                compaction.is_break_point_set = False
                compaction.resume_at = time.monotonic() + compaction.step.hold_s
                self.faults[name_of(compaction.step)] += 1
            if compaction.resume_at and time.monotonic() >= compaction.resume_at:
                compaction.process.send_signal(signal.SIGCONT)
            if compaction.process.poll() is not None:
                self._running.remove(compaction)
                self._process_end(compaction)

    def finish(self) -> None:
        """Wait for running compactions, and run another one that finishes what they left undone."""
        deadline = time.monotonic() + TIMEOUT_S
        while self._running and time.monotonic() < deadline:
            self.check()
            time.sleep(POLL_S)
        self.violations += [f"stuck: {compaction.log.name}" for compaction in self._running]
        if self._started:
            done = self._system.run("compact")
            if done.returncode:
                self.violations.append(f"compact: exit code {done.returncode}: {done.stderr[-SHOWN:]}")

    def _process_end(self, compaction: RunningCompaction) -> None:
        code = compaction.process.returncode
        killed = compaction.resume_at is not None and code == -signal.SIGKILL
        if code == 0 and DID_SOMETHING in compaction.log.read_text():
            self.faults[compaction.step.fault] += 1
        if code not in EXPECTED_CODES and not killed:
            output = compaction.log.read_text()
            self.violations.append(f"{compaction.log.name}: exit code {code}: {output[-SHOWN:]}")
