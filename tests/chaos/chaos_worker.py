"""One worker of a run: trapped, frozen, woken, and asked what became of it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from badbuzz.errors import DependencyDown

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.plan import Step
    from tests.worker.system import WorkerProcess

REMOVED_WITH = (0, DependencyDown.exit_code, -signal.SIGTERM)
"""A server that is only just back may not be found within the bound of a graceful stop: then it is left undone, aloud.
Whoever is told to stop before he has started ends as any program does."""
SPRING_S = 30.0
"""Who has taken his trap away dies in the next instruction; the machine may be busy."""
SHOWN = 1_000
"""Characters of a worker's log that a violation quotes."""


@dataclass(slots=True)
class ChaosWorker:
    """``step``: whose trap is set for it; ``next_step``: whose will be, when it wakes.

    ``frozen_for_s``: for how long, while it is frozen; ``wake_at``: the end of that, when known.
    """

    worker: WorkerProcess
    trap_file: Path
    step: Step | None = None
    next_step: Step | None = None
    frozen_for_s: float | None = None
    wake_at: float | None = None
    leaving: bool = False

    @property
    def at_hand(self) -> bool:
        """Whether something else may befall it."""
        return self.frozen_for_s is None and not self.leaving

    @property
    def has_ended(self) -> bool:
        return self.worker.process.poll() is not None

    @property
    def has_sprung(self) -> bool:
        """Whether the trap that was set for it is gone."""
        return self.step is not None and not self.trap_file.exists()

    def set_trap(self, step: Step) -> None:
        assert step.trap
        self.step = step
        step.trap.set(self.trap_file)

    def disarm(self) -> None:
        """Take its trap away, unless it springs in this very moment."""
        with suppress(FileNotFoundError):
            self.trap_file.unlink()
            self.step = None

    def spring(self) -> Step:
        """Wait until its trap has done what it does. Returns whose that was."""
        step, self.step = self.step, None
        assert step
        assert step.trap
        if step.trap.signal == signal.SIGSTOP:
            os.waitid(os.P_PID, self.worker.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            self.frozen_for_s = step.hold_s
            self.next_step = replace(step, trap=step.then, then=None) if step.then else None
        else:
            self.worker.process.wait(SPRING_S)
        return step

    def freeze(self, for_s: float) -> None:
        os.kill(self.worker.process.pid, signal.SIGSTOP)
        self.frozen_for_s = for_s

    def wake_in_time(self) -> None:
        """Wake it if its time has come; it begins when this is called first."""
        if self.frozen_for_s is None:
            return
        now = time.monotonic()
        self.wake_at = self.wake_at or now + self.frozen_for_s
        if now < self.wake_at:
            return
        if self.next_step:
            self.set_trap(self.next_step)
        os.kill(self.worker.process.pid, signal.SIGCONT)
        self.frozen_for_s = self.wake_at = self.next_step = None

    def leave(self) -> None:
        """Ask it to stop."""
        self.leaving = True
        self.worker.process.send_signal(signal.SIGTERM)

    def problem(self) -> str | None:
        """What is wrong, if it has ended and should not have, or not like that."""
        code = self.worker.process.poll()
        if code is None or (self.leaving and code in REMOVED_WITH):
            return None
        how = "was told to stop" if self.leaving else "ended by itself"
        return f"{self.worker.log.name}: {how}, exit code {code}: {self.worker.output[-SHOWN:]}"
