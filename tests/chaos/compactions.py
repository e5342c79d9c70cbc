"""``badbuzz compact`` while workers are at work: begun, killed and frozen in the middle, and brought to an end at last."""

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

    from tests.chaos.plan import Step
    from tests.worker.system import System

AWAY = 75
"""The exit code of a compaction that found its storage away, or others in its way: the next one goes on."""
ENDS_WITH = (0, AWAY, DependencyDown.exit_code)
DID_SOMETHING = '"compacted"'
PATIENCE_S = 60.0
LOOK_S = 0.05
SHOWN = 1_000


@dataclass(slots=True)
class Compaction:
    """One that was begun. ``wake_at``: when it is to wake, if it is frozen."""

    process: subprocess.Popen[bytes]
    step: Step
    trap_file: Path
    log: Path
    wake_at: float | None = None
    is_trapped: bool = False


class Compactions:
    """Those of a run; several may be at it at the same time."""

    def __init__(self, system: System) -> None:
        self.faults: Counter[str] = Counter()
        self.violations: list[str] = []
        self._system = system
        self._under_way: list[Compaction] = []
        self._begun = 0

    def begin(self, step: Step) -> None:
        self._begun += 1
        log = self._system.folder / f"compaction-{self._begun}.log"
        trap_file = log.with_suffix(".trap")
        if step.trap:
            step.trap.set(trap_file)
        settings = self._system.worker_settings | {"CHAOS_TRAP": str(trap_file)}
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - ours
                bind_to_parent([sys.executable, "-m", self._system.worker_module, "compact", "--json"]),
                cwd=self._system.folder,
                env=self._system.environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._under_way.append(Compaction(process, step, trap_file, log, is_trapped=bool(step.trap)))

    def look(self) -> None:
        """Take note of traps that have sprung and of compactions that have ended; wake those whose time has come."""
        for compaction in list(self._under_way):
            if compaction.is_trapped and not compaction.trap_file.exists():
                compaction.is_trapped = False
                compaction.wake_at = time.monotonic() + compaction.step.hold_s
                self.faults[name_of(compaction.step)] += 1
            if compaction.wake_at and time.monotonic() >= compaction.wake_at:
                compaction.process.send_signal(signal.SIGCONT)
            if compaction.process.poll() is not None:
                self._under_way.remove(compaction)
                self._ended(compaction)

    def finish(self) -> None:
        """Let those that are under way end, trapped or not, and one more do what they left undone."""
        deadline = time.monotonic() + PATIENCE_S
        while self._under_way and time.monotonic() < deadline:
            self.look()
            time.sleep(LOOK_S)
        self.violations += [f"stuck: {compaction.log.name}" for compaction in self._under_way]
        if self._begun:
            done = self._system.run("compact")
            if done.returncode:
                self.violations.append(f"compact: exit code {done.returncode}: {done.stderr[-SHOWN:]}")

    def _ended(self, compaction: Compaction) -> None:
        code = compaction.process.returncode
        killed = compaction.wake_at is not None and code == -signal.SIGKILL
        if code == 0 and DID_SOMETHING in compaction.log.read_text():
            self.faults[compaction.step.fault] += 1
        if code not in ENDS_WITH and not killed:
            output = compaction.log.read_text()
            self.violations.append(f"{compaction.log.name}: exit code {code}: {output[-SHOWN:]}")
