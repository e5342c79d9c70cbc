"""The workers of a run, and their faults. No method waits: a later check wakes frozen workers."""

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

    def __init__(self, system: System, *, traps_before_waking: int = 0) -> None:
        """``traps_before_waking``: how many traps must have sprung before the first frozen worker wakes."""
        self.faults: Counter[str] = Counter()
        self.violations: list[str] = []
        self._system = system
        self._traps_before_waking = traps_before_waking
        self._workers: list[ChaosWorker] = []
        self._sprung_traps = 0

    # Faults. Without an available victim, nothing happens.

    def start(self, number: int, traps: Sequence[FaultStep]) -> None:
        """Start the first workers, with their traps already set."""
        for place in range(number):
            self.add(initial_trap=next((step for step in traps if step.victim % number == place), None))

    def add(self, step: FaultStep | None = None, *, initial_trap: FaultStep | None = None) -> None:
        trap_file = self._system.folder / f"trap-{len(self._system.workers)}"
        if initial_trap and initial_trap.trap:
            initial_trap.trap.set(trap_file)
        process = self._system.start(CHAOS_TRAP=str(trap_file))
        self._workers.append(ChaosWorker(process, trap_file, step=initial_trap))
        if step:
            self._count(step)

    def set_trap(self, step: FaultStep) -> None:
        victim = self._victim(step)
        if victim and not victim.step:
            victim.set_trap(step)

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
        """Process sprung traps and ended workers, and wake workers whose time is over."""
        for worker in list(self._workers):
            was_trapped = worker.has_sprung
            if was_trapped:
                self._sprung_traps += 1
                self._count(worker.await_trap())
            if worker.has_ended:
                if not was_trapped:
                    self._store_problem(worker)
                self._remove_ended(worker)
        if not self._traps_before_waking or (
            self._sprung_traps >= self._traps_before_waking and not self.has_pending_trap
        ):
            for worker in self._workers:
                worker.wake_if_due()

    @property
    def has_pending_trap(self) -> bool:
        """Whether a trap is set and has not sprung."""
        return any(worker.step for worker in self._workers)

    @property
    def has_sprung_trap(self) -> bool:
        """Whether a trap has sprung."""
        return bool(self._sprung_traps)

    @property
    def is_disturbed(self) -> bool:
        """Whether a worker is frozen or stopping, or has a trap."""
        return self.has_pending_trap or not all(worker.is_available for worker in self._workers)

    def disarm(self) -> None:
        """Remove traps that have not sprung, and let frozen workers wake."""
        self._traps_before_waking = 0
        for worker in self._workers:
            worker.disarm()
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
