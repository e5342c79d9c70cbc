"""The workers of a run, and what befalls them. Nothing in here waits: who is frozen is woken in some later look."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from tests.chaos.chaos_worker import SHOWN, ChaosWorker
from tests.chaos.plan import name_of
from tests.chaos.points import WRITE_STACKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.plan import Step
    from tests.worker.system import System


STACKS_S = 1.0
"""Enough for writing a log."""


class ChaosWorkers:
    """All that were started and not killed. Whoever dies is replaced, and nobody leaves without leaving somebody behind."""

    def __init__(self, system: System, *, none_wakes_before: int = 0) -> None:
        """``none_wakes_before``: so many traps must have sprung before the first of the frozen wakes."""
        self.faults: Counter[str] = Counter()
        self.violations: list[str] = []
        self._system = system
        self._none_wakes_before = none_wakes_before
        self._members: list[ChaosWorker] = []
        self._sprung = 0

    # What befalls them; without a victim at hand, nothing does.

    def start(self, number: int, traps: Sequence[Step]) -> None:
        """The first ones, with traps that they find when they start."""
        for place in range(number):
            self.add(trapped_by=next((step for step in traps if step.victim % number == place), None))

    def add(self, step: Step | None = None, *, trapped_by: Step | None = None) -> None:
        trap_file = self._system.folder / f"trap-{len(self._system.workers)}"
        if trapped_by and trapped_by.trap:
            trapped_by.trap.set(trap_file)
        worker = self._system.start(CHAOS_TRAP=str(trap_file))
        self._members.append(ChaosWorker(worker, trap_file, step=trapped_by))
        if step:
            self._count(step)

    def set_trap(self, step: Step) -> None:
        victim = self._victim(step)
        if victim and not victim.step:
            victim.set_trap(step)

    def kill(self, step: Step) -> None:
        if victim := self._victim(step):
            self._note(victim)
            victim.worker.kill()
            self._remove_ended(victim)
            self._count(step)

    def freeze(self, step: Step) -> None:
        if victim := self._victim(step):
            victim.freeze(step.hold_s)
            self._count(step)

    def remove(self, step: Step) -> None:
        """Ask one to stop."""
        if victim := self._victim(step):
            victim.leave()
            self._count(step)
            if not any(member.at_hand for member in self._members):
                self.add()

    # What has become of them

    def look(self) -> None:
        """Take note of traps that have sprung and of workers that have ended; wake those whose time has come."""
        for member in list(self._members):
            was_trapped = member.has_sprung
            if was_trapped:
                self._sprung += 1
                self._count(member.spring())
            if member.has_ended:
                if not was_trapped:
                    self._note(member)
                self._remove_ended(member)
        if not self._none_wakes_before or (self._sprung >= self._none_wakes_before and not self.armed):
            for member in self._members:
                member.wake_in_time()

    @property
    def armed(self) -> bool:
        """Whether a trap is set and has not sprung."""
        return any(member.step for member in self._members)

    @property
    def sprung(self) -> bool:
        """Whether a trap has sprung."""
        return bool(self._sprung)

    @property
    def unsettled(self) -> bool:
        """Whether somebody is frozen or on his way out, or has woken and is going to die."""
        return self.armed or not all(member.at_hand for member in self._members)

    def disarm(self) -> None:
        """Take away what never sprung; nobody waits for it."""
        self._none_wakes_before = 0
        for member in self._members:
            member.disarm()
        self.look()

    def kill_all(self) -> None:
        """In the middle of whatever they do."""
        for member in self._members:
            member.worker.kill()
        self._members.clear()

    def dump_stacks(self) -> None:
        """Let the living write every thread's stack into their logs."""
        for member in self._members:
            member.worker.process.send_signal(WRITE_STACKS)
        time.sleep(STACKS_S)

    def find_tracebacks(self) -> None:
        """Look into their logs: nobody may have met with what he did not expect."""
        for worker in self._system.workers:
            if "Traceback" in worker.output:
                self.violations.append(f"{worker.log.name}: {worker.output[-SHOWN:]}")

    def _victim(self, step: Step) -> ChaosWorker | None:
        at_hand = [member for member in self._members if member.at_hand]
        return at_hand[step.victim % len(at_hand)] if at_hand else None

    def _note(self, member: ChaosWorker) -> None:
        if problem := member.problem():
            self.violations.append(problem)

    def _remove_ended(self, member: ChaosWorker) -> None:
        self._members.remove(member)
        if not member.leaving:
            self.add()

    def _count(self, step: Step) -> None:
        self.faults[name_of(step)] += 1
