"""One worker of a run: sets its traps, freezes, wakes and stops it, and checks how it ended."""

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

    from tests.chaos.plan import FaultStep
    from tests.worker.system import WorkerProcess

STOP_CODES = (0, DependencyDown.exit_code, -signal.SIGTERM)
"""Expected exit codes of a stop. A server that is only just back may not be reached within the time of a graceful stop, which
then fails with a message; a worker that is stopped before it has started ends by the signal."""
TRAP_TIMEOUT_S = 30.0
"""A worker that has removed its trap is killed in the next instruction, but the machine may be busy."""
SHOWN = 1_000
"""Characters of a worker's log that a violation quotes."""


@dataclass(slots=True)
class ChaosWorker:
    """A worker and its faults.

    :param step: the step whose trap is set; ``next_step`` is the one whose trap will be set when the worker wakes.
    :param frozen_for_s: for how long the worker is frozen; None if it is not. ``wake_at``: when that ends, once it is known.
    """

    worker: WorkerProcess
    trap_file: Path
    step: FaultStep | None = None
    next_step: FaultStep | None = None
    frozen_for_s: float | None = None
    wake_at: float | None = None
    is_stopping: bool = False

    @property
    def is_available(self) -> bool:
        """Whether another fault may happen to it."""
        return self.frozen_for_s is None and not self.is_stopping

    @property
    def has_ended(self) -> bool:
        return self.worker.process.poll() is not None

    @property
    def has_sprung(self) -> bool:
        """Whether the trap that was set for it has sprung."""
        return self.step is not None and not self.trap_file.exists()

    def set_trap(self, step: FaultStep) -> None:
        assert step.trap
        self.step = step
        step.trap.set(self.trap_file)

    def disarm(self) -> None:
        """Remove its trap, unless it springs at this moment."""
        with suppress(FileNotFoundError):
            self.trap_file.unlink()
            self.step = None

    def await_trap(self) -> FaultStep:
        """Wait until its sprung trap has killed or frozen it. Return the trap's step."""
        step, self.step = self.step, None
        assert step
        assert step.trap
        if step.trap.signal == signal.SIGSTOP:
            os.waitid(os.P_PID, self.worker.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            self.frozen_for_s = step.hold_s
            self.next_step = replace(step, trap=step.then, then=None) if step.then else None
        else:
            self.worker.process.wait(TRAP_TIMEOUT_S)
        return step

    def freeze(self, for_s: float) -> None:
        os.kill(self.worker.process.pid, signal.SIGSTOP)
        self.frozen_for_s = for_s

    def wake_if_due(self) -> None:
        """Wake it if its time frozen is over. The time begins with the first call."""
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

    def stop(self) -> None:
        """Send SIGTERM."""
        self.is_stopping = True
        self.worker.process.send_signal(signal.SIGTERM)

    def problem(self) -> str | None:
        """Return a description if it has ended unexpectedly, or with an unexpected exit code."""
        code = self.worker.process.poll()
        if code is None or (self.is_stopping and code in STOP_CODES):
            return None
        how = "was told to stop" if self.is_stopping else "ended by itself"
        return f"{self.worker.log.name}: {how}, exit code {code}: {self.worker.output[-SHOWN:]}"
