"""The workers of a run, and their faults. No method waits: a later check resumes frozen workers."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from tests.chaos.chaos_worker import SHOWN, ChaosWorker
from tests.chaos.plan import name_of
from tests.chaos.points import WRITE_STACKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.plan import FaultStep
    from tests.worker.system import System


STACKS_S = 1.0
"""Enough for writing a log."""


class ChaosWorkers:
    """All running workers. A worker that dies is replaced, and so is the last one that stops."""

    def __init__(self, system: System, *, reached_before_resuming: int = 0) -> None:
        """``reached_before_resuming``: how many break points must be reached before the first frozen worker resumes."""
        self.faults: Counter[str] = Counter()
        self.violations: list[str] = []
        self._system = system
        self._reached_before_resuming = reached_before_resuming
        self._workers: list[ChaosWorker] = []
        self._reached_break_points = 0

    # Faults. Without an available victim, nothing happens.

    def start(self, number: int, steps: Sequence[FaultStep]) -> None:
        """Start the first workers, with the break points of ``steps`` already set."""
        for place in range(number):
            self.add(initial_step=next((step for step in steps if step.victim % number == place), None))

    def add(self, step: FaultStep | None = None, *, initial_step: FaultStep | None = None) -> None:
        break_point_file = self._system.folder / f"break-point-{len(self._system.workers)}"
        if initial_step and initial_step.break_point:
            initial_step.break_point.set(break_point_file)
        process = self._system.start(CHAOS_BREAK_POINT=str(break_point_file))
        self._workers.append(ChaosWorker(process, break_point_file, step=initial_step))
        if step:
            self._count(step)

    def set_break_point(self, step: FaultStep) -> None:
        victim = self._victim(step)
        if victim and not victim.step:
            victim.set_break_point(step)

    def kill(self, step: FaultStep) -> None:
        if victim := self._victim(step):
            self._store_problem(victim)
            victim.worker.kill()
            self._remove_ended(victim)
            self._count(step)

    def freeze(self, step: FaultStep) -> None:
        if victim := self._victim(step):
            victim.freeze(step.hold_s)
            self._count(step)

    def remove(self, step: FaultStep) -> None:
        """Stop one worker."""
        if victim := self._victim(step):
            victim.stop()
            self._count(step)
            if not any(worker.is_available for worker in self._workers):
                self.add()

    # State

    def check(self) -> None:
        """Process reached break points and ended workers, and resume workers whose time is over."""
        for worker in list(self._workers):
            was_reached = worker.has_reached_break_point
            if was_reached:
                self._reached_break_points += 1
                self._count(worker.await_signal())
            if worker.has_ended:
                if not was_reached:
                    self._store_problem(worker)
                self._remove_ended(worker)
        if not self._reached_before_resuming or (
            self._reached_break_points >= self._reached_before_resuming and not self.has_pending_break_point
        ):
            for worker in self._workers:
                worker.resume_if_due()

    @property
    def has_pending_break_point(self) -> bool:
        """Whether a break point is set and not reached."""
        return any(worker.step for worker in self._workers)

    @property
    def has_reached_break_point(self) -> bool:
        """Whether a break point was reached."""
        return bool(self._reached_break_points)

    @property
    def is_disturbed(self) -> bool:
        """Whether a worker is frozen or stopping, or has a break point."""
        return self.has_pending_break_point or not all(worker.is_available for worker in self._workers)

    def remove_break_points(self) -> None:
        """Remove break points that were not reached, and let frozen workers resume."""
        self._reached_before_resuming = 0
        for worker in self._workers:
            worker.remove_break_point()
        self.check()

    def kill_all(self) -> None:
        """Kill all workers."""
        for worker in self._workers:
            worker.worker.kill()
        self._workers.clear()

    def dump_stacks(self) -> None:
        """Make running workers write every thread's stack to their logs."""
        for worker in self._workers:
            worker.worker.process.send_signal(WRITE_STACKS)
        time.sleep(STACKS_S)

    def find_tracebacks(self) -> None:
        """Add a violation for each log with a traceback."""
        for worker in self._system.workers:
            if "Traceback" in worker.output:
                self.violations.append(f"{worker.log.name}: {worker.output[-SHOWN:]}")

    def _victim(self, step: FaultStep) -> ChaosWorker | None:
        available = [worker for worker in self._workers if worker.is_available]
        return available[step.victim % len(available)] if available else None

    def _store_problem(self, worker: ChaosWorker) -> None:
        if problem := worker.problem():
            self.violations.append(problem)

    def _remove_ended(self, worker: ChaosWorker) -> None:
        self._workers.remove(worker)
        if not worker.is_stopping:
            self.add()

    def _count(self, step: FaultStep) -> None:
        self.faults[name_of(step)] += 1
