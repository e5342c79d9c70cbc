"""One worker of a run: sets its break points, freezes, resumes and stops it, and checks how it ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from badbuzz.errors import DependencyDown, Misconfigured

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.plan import FaultStep
    from tests.worker.system import WorkerProcess

STOP_CODES = (0, DependencyDown.exit_code, -signal.SIGTERM)
"""Expected exit codes of a stop. A server that is only just back may not be reached within the time of a graceful stop, which
then fails with a message; a worker that is stopped before it has started ends by the signal."""
SIGNAL_TIMEOUT_S = 30.0
"""A worker that has removed its break point is killed in the next instruction, but the machine may be busy."""
SHOWN = 1_000
"""Characters of a worker's log that a violation quotes."""


@dataclass(slots=True)
class ChaosWorker:
    """A worker and its faults.

    :param step: the step whose break point is set. The break point of ``next_step`` is set when the worker resumes.
    :param frozen_for_s: for how long the worker is frozen; None if it is not. ``resume_at``: when that ends, once it is known.
    """

    worker: WorkerProcess
    break_point_file: Path
    step: FaultStep | None = None
    next_step: FaultStep | None = None
    frozen_for_s: float | None = None
    resume_at: float | None = None
    is_stopping: bool = False

    @property
    def is_available(self) -> bool:
        """Whether another fault may happen to it."""
        return self.frozen_for_s is None and not self.is_stopping

    @property
    def has_ended(self) -> bool:
        return self.worker.process.poll() is not None

    @property
    def has_reached_break_point(self) -> bool:
        """Whether it has reached the break point that was set for it."""
        return self.step is not None and not self.break_point_file.exists()

    @property
    def was_refused(self) -> bool:
        """Whether it has ended because Redis refused it."""
        code = self.worker.process.poll()
        return code == Misconfigured.exit_code and "redis refuses us" in self.worker.output

    def set_break_point(self, step: FaultStep) -> None:
        assert step.break_point
        self.step = step
        step.break_point.set(self.break_point_file)

    def remove_break_point(self) -> None:
        """Remove its break point, unless the worker reaches it at this moment."""
        with suppress(FileNotFoundError):
            self.break_point_file.unlink()
            self.step = None

    def await_signal(self) -> FaultStep:
        """Wait until the break point that it reached has killed or frozen it. Return the break point's step."""
        step, self.step = self.step, None
        assert step
        assert step.break_point
        if step.break_point.signal == signal.SIGSTOP:
            os.waitid(os.P_PID, self.worker.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            self.frozen_for_s = step.hold_s
            self.next_step = replace(step, break_point=step.then, then=None) if step.then else None
        else:
            self.worker.process.wait(SIGNAL_TIMEOUT_S)
        return step

    def freeze(self, for_s: float) -> None:
        os.kill(self.worker.process.pid, signal.SIGSTOP)
        self.frozen_for_s = for_s

    def resume_if_due(self) -> None:
        """Resume it if its time frozen is over. The time begins with the first call."""
        if self.frozen_for_s is None:
            return
        now = time.monotonic()
        self.resume_at = self.resume_at or now + self.frozen_for_s
        if now < self.resume_at:
            return
        if self.next_step:
            self.set_break_point(self.next_step)
        os.kill(self.worker.process.pid, signal.SIGCONT)
        self.frozen_for_s = self.resume_at = self.next_step = None

    def stop(self) -> None:
        """Send SIGTERM."""
        self.is_stopping = True
        self.worker.process.send_signal(signal.SIGTERM)

    def problem(self) -> str | None:
        """Return a description if it has ended unexpectedly, or with an unexpected exit code."""
        code = self.worker.process.poll()
        if code is None or (self.is_stopping and code in STOP_CODES):
            return None
        how = "was stopped" if self.is_stopping else "ended by itself"
        return f"{self.worker.log.name}: {how}, exit code {code}: {self.worker.output[-SHOWN:]}"
