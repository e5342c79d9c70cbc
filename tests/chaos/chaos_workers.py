"""The workers of a run, and their faults. No method waits: a later check resumes frozen workers."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.chaos.chaos_worker import SHOWN, ChaosWorker
from tests.chaos.plan import name_of
from tests.chaos.points import WRITE_STACKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from tests.chaos.plan import FaultStep
    from tests.worker.system import System


CLOCK_ERRORS_S = (0, 0, 10_800, -10_800, 600)
"""Three hours ahead and behind, and ten minutes ahead."""
STACKS_S = 1.0
"""Enough for writing a log."""


class ChaosWorkers:
    """All running workers. A worker that dies is replaced, and so is the last one that stops."""

    def __init__(
        self,
        system: System,
        *,
        reached_before_resuming: int = 0,
        clocks: Random | None = None,
        may_be_refused: bool = False,
    ) -> None:
        """Start with no worker.

        :param reached_before_resuming: how many break points must be reached before the first frozen worker resumes.
        :param clocks: chooses the errors of the workers' clocks; None if all clocks are right.
        :param may_be_refused: whether workers may end because Redis refuses them.
        """
        self.faults: Counter[str] = Counter()
        self.violations: list[str] = []
        self._system = system
        self._reached_before_resuming = reached_before_resuming
        self._workers: list[ChaosWorker] = []
        self._reached_break_points = 0
        self._clocks = clocks
        self._may_be_refused = may_be_refused
        self._expected_code: int | None = None

    # Faults. Without an available victim, nothing happens.

    def start(self, number: int, steps: Sequence[FaultStep]) -> None:
        """Start the first workers, with the break points of ``steps`` already set."""
        for place in range(number):
            self.add(initial_step=next((step for step in steps if step.victim % number == place), None))

    def add(self, step: FaultStep | None = None, *, initial_step: FaultStep | None = None) -> None:
        break_point_file = self._system.folder / f"break-point-{len(self._system.workers)}"
        if initial_step and initial_step.break_point:
            initial_step.break_point.set(break_point_file)
        skew_s = self._clocks.choice(CLOCK_ERRORS_S) if self._clocks else 0
        self.faults["clock_skewed"] += bool(skew_s)
        process = self._system.start(CHAOS_BREAK_POINT=str(break_point_file), CHAOS_CLOCK_ERROR_S=str(skew_s))
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

    @contextmanager
    def freeze_every_second(self) -> Iterator[None]:
        """Freeze every second worker within the context."""
        frozen = [worker for worker in self._workers if worker.is_available][::2]
        for worker in frozen:
            worker.freeze(0.0)
        yield
        for worker in frozen:
            worker.resume_if_due()

    def expect_refusal(self, code: int) -> None:
        """From now on, workers must end with this exit code, and are not replaced."""
        self._expected_code = code

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
    def have_ended(self) -> bool:
        """Whether no worker is running."""
        return not self._workers

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
        if self._expected_code is not None and worker.worker.process.poll() == self._expected_code:
            return
        if (problem := worker.problem()) and not (self._may_be_refused and worker.was_refused):
            self.violations.append(problem)

    def _remove_ended(self, worker: ChaosWorker) -> None:
        self._workers.remove(worker)
        if not worker.is_stopping and self._expected_code is None:
            self.add()

    def _count(self, step: FaultStep) -> None:
        self.faults[name_of(step)] += 1
