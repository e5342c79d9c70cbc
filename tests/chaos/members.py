"""The workers of a run, and what befalls them. Nothing in here waits: who is frozen is woken in some later look."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from badbuzz.errors import DependencyDown
from tests.chaos.plan import described

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.plan import Step
    from tests.worker.system import System, WorkerProcess

REMOVED_WITH = (0, DependencyDown.exit_code, -signal.SIGTERM)
"""A server that is only just back may not be found within the bound of a graceful stop: then it is left undone, aloud.
Whoever is told to stop before he has started ends as any program does."""
SHOWN = 1_000
"""Characters of a worker's log that a violation quotes."""


@dataclass(slots=True)
class Member:
    """One worker. ``step``: whose trap is set for it; ``next_step``: whose will be, when it wakes.

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


class Members:
    """All that were started and not killed. Whoever dies is replaced, and nobody leaves without leaving somebody behind."""

    def __init__(self, system: System, *, none_wakes_before: int = 0) -> None:
        """``none_wakes_before``: so many traps must have sprung before the first of the frozen wakes."""
        self.faults: Counter[str] = Counter()
        self.violations: list[str] = []
        self._system = system
        self._none_wakes_before = none_wakes_before
        self._members: list[Member] = []
        self._sprung = 0

    # What befalls them; without a victim at hand, nothing does.

    def add(self, step: Step | None = None) -> None:
        trap_file = self._system.folder / f"trap-{len(self._system.workers)}"
        worker = self._system.start(CHAOS_TRAP=str(trap_file))
        self._members.append(Member(worker, trap_file))
        if step:
            self._count(step)

    def start(self, number: int, traps: list[Step]) -> None:
        """The first ones, with traps that they find when they start."""
        first = len(self._system.workers)
        for step in traps:
            assert step.trap
            step.trap.set(self._system.folder / f"trap-{first + step.victim % number}")
        for _ in range(number):
            self.add()
        for step in traps:
            self._members[step.victim % number].step = step

    def set_trap(self, step: Step) -> None:
        victim = self._victim(step)
        if victim and not victim.step:
            self._set(victim, step)

    def kill(self, step: Step) -> None:
        if victim := self._victim(step):
            self._check(victim)
            self._end(victim)
            self._replace(victim)
            self._count(step)

    def freeze(self, step: Step) -> None:
        if victim := self._victim(step):
            os.kill(victim.worker.process.pid, signal.SIGSTOP)
            victim.frozen_for_s = step.hold_s
            self._count(step)

    def remove(self, step: Step) -> None:
        """Ask one to stop. Somebody is left."""
        if victim := self._victim(step):
            victim.leaving = True
            victim.worker.process.send_signal(signal.SIGTERM)
            self._count(step)
            if not any(member.at_hand for member in self._members):
                self.add()

    # What has become of them

    def look(self) -> None:
        """Take note of traps that have sprung and of workers that have ended; wake those whose time has come."""
        for member in list(self._members):
            if member.step and not member.trap_file.exists():
                self._spring(member, member.step)
            if member.worker.process.poll() is not None:
                self._ended(member)
        if not self._none_wakes_before or (self._sprung >= self._none_wakes_before and not self.armed):
            self._wake()

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
            with suppress(FileNotFoundError):  # it springs in this moment: the look below finds that
                member.trap_file.unlink()
                member.step = None
        self.look()

    def kill_all(self) -> None:
        """In the middle of whatever they do."""
        for member in list(self._members):
            self._end(member)

    def complain(self) -> None:
        """Look into their logs: nobody may have met with what he did not expect."""
        for worker in self._system.workers:
            if "Traceback" in worker.output:
                self.violations.append(f"{worker.log.name}: {worker.output[-SHOWN:]}")

    def _victim(self, step: Step) -> Member | None:
        at_hand = [member for member in self._members if member.at_hand]
        return at_hand[step.victim % len(at_hand)] if at_hand else None

    def _set(self, member: Member, step: Step) -> None:
        assert step.trap
        member.step = step
        step.trap.set(member.trap_file)

    def _spring(self, member: Member, step: Step) -> None:
        member.step = None
        self._sprung += 1
        assert step.trap
        if step.trap.signal == signal.SIGSTOP:
            member.frozen_for_s = step.hold_s
            member.next_step = replace(step, trap=step.then, then=None) if step.then else None
        else:
            member.worker.process.wait(SPRING_S)
            self._members.remove(member)
            self._replace(member)
        self._count(step)

    def _ended(self, member: Member) -> None:
        if member in self._members:
            self._check(member)
            self._members.remove(member)
            self._replace(member)

    def _check(self, member: Member) -> None:
        code = member.worker.process.poll()
        if code is None or (member.leaving and code in REMOVED_WITH):
            return
        how = "was told to stop" if member.leaving else "ended by itself"
        name, output = member.worker.log.name, member.worker.output
        self.violations.append(f"{name}: {how}, exit code {code}: {output[-SHOWN:]}")

    def _replace(self, member: Member) -> None:
        if not member.leaving:
            self.add()

    def _end(self, member: Member) -> None:
        self._members.remove(member)
        member.worker.kill()

    def _wake(self) -> None:
        now = time.monotonic()
        for member in self._members:
            if member.frozen_for_s is None:
                continue
            if member.wake_at is None:
                member.wake_at = now + member.frozen_for_s
            if now >= member.wake_at:
                if member.next_step:
                    self._set(member, member.next_step)
                os.kill(member.worker.process.pid, signal.SIGCONT)
                member.frozen_for_s = member.wake_at = member.next_step = None

    def _count(self, step: Step) -> None:
        self.faults[described(step)] += 1


SPRING_S = 30.0
"""Who has taken his trap away dies in the next instruction; the machine may be busy."""
