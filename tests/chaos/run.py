"""One run: feed, disturb, drain, and look whether every record is where it belongs."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from badbuzz.errors import DependencyDown
from model_registry.registry import PRODUCTION, Registry
from tests.chaos.evidence import examine
from tests.chaos.plan import RECORDS_PER_S, SESSION_TIMEOUT_S, Fault
from tests.chaos.stream import make_stream, paced
from tests.model_registry import tiny
from tests.worker.system import ROOT, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.chaos.plan import Plan, Step
    from tests.chaos.servers import Servers
    from tests.worker.system import System, WorkerProcess

SETTINGS = {
    "BADBUZZ_KAFKA__SESSION_TIMEOUT_MS": str(int(1_000 * SESSION_TIMEOUT_S)),
    # Small batches and files: many protocol steps in little time.
    "BADBUZZ_BATCH__RECORDS": "50",
    "BADBUZZ_SCORED__FILE_ROWS": str(RECORDS_PER_S // 2),
    "BADBUZZ_REGISTRY__REFRESH_SECONDS": "0.5",
    "BADBUZZ_BRANDS": str(ROOT / "badbuzz" / "data" / "brands.yaml"),
    # Who starts while a server is away must wait for it.
    "BADBUZZ_START_PATIENCE_SECONDS": "60",
}
REMOVED_WITH = (0, DependencyDown.exit_code)
"""A server that is only just back may not be found within the bound of a graceful stop: then it is left undone, aloud."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done to the workers, how many records they were given, and what is wrong with the result."""

    faults: Counter[Fault]
    rows: int
    violations: tuple[str, ...]


def execute(plan: Plan, servers: Servers, folder: Path, worker_module: str = "badbuzz") -> Outcome:
    """Do what the plan says to workers started from ``worker_module``; drain with sound ones."""
    values, bad = make_stream(plan.records, plan.name)
    with servers.new_system(folder) as system, ThreadPoolExecutor(1) as feeder:
        system.worker_module = worker_module
        system.settings |= SETTINGS
        feed = feeder.submit(system.produce, paced(values))
        disturbed = _Disturbed(system, servers)
        try:
            disturbed.run(plan)
        except (AssertionError, subprocess.TimeoutExpired) as stuck:
            disturbed.violations.append(f"stuck: {stuck}")
        places = feed.result()
        disturbed.end()
        planted = {places[number] for number in bad}
        found = examine(system, places, planted)
    return Outcome(Counter(step.fault for step in plan.steps), len(places), (*disturbed.violations, *found))


class _Disturbed:
    """The workers of a run, and what is done to them."""

    def __init__(self, system: System, servers: Servers) -> None:
        self.violations: list[str] = []
        self._system = system
        self._servers = servers
        self._members: list[WorkerProcess] = []
        registry = Registry.open(str(system.folder / "registry"))
        self._registry = registry
        self._models = [registry.resolve(f"tiny@{PRODUCTION}"), registry.register(tiny.draft(seed=8))]

    def run(self, plan: Plan) -> None:
        for _ in range(plan.workers):
            self._add()
        until(lambda: self._system.counted().rows, "the first row is counted")
        for step in plan.steps:
            time.sleep(step.after_s)
            self._inflict(step)

    def end(self) -> None:
        """Kill whoever is left, in the middle of whatever it does; nobody may have ended by himself."""
        for worker in self._members:
            self._kill(worker)
        for worker in self._system.workers:
            if "Traceback" in worker.output:
                self.violations.append(f"{worker.log.name}: {worker.output[-1_000:]}")

    def _inflict(self, step: Step) -> None:
        inflict: dict[Fault, Callable[[], None]] = {
            Fault.KILL: lambda: self._replace(self._victim(step)),
            Fault.FREEZE: lambda: _freeze(self._victim(step), step.hold_s),
            Fault.ADD: self._add,
            Fault.REMOVE: lambda: self._remove(self._victim(step)),
            Fault.VALKEY_EMPTIED: lambda: self._servers.empty_valkey(step.hold_s),
            Fault.VALKEY_SET_BACK: lambda: self._servers.set_valkey_back(step.hold_s),
            Fault.BROKER_KILL: lambda: self._servers.kill_broker(step.hold_s),
            Fault.PROMOTE: self._promote,
        }
        inflict[step.fault]()

    def _victim(self, step: Step) -> WorkerProcess:
        return self._members[step.victim % len(self._members)]

    def _add(self) -> None:
        self._members.append(self._system.start())

    def _replace(self, worker: WorkerProcess) -> None:
        self._members.remove(worker)
        self._kill(worker)
        self._add()

    def _remove(self, worker: WorkerProcess) -> None:
        self._members.remove(worker)
        self._note_an_early_end(worker)
        code = worker.terminate()
        if code not in REMOVED_WITH:
            self.violations.append(f"{worker.log.name}: SIGTERM, exit code {code}: {worker.output[-1_000:]}")

    def _kill(self, worker: WorkerProcess) -> None:
        self._note_an_early_end(worker)
        worker.kill()

    def _note_an_early_end(self, worker: WorkerProcess) -> None:
        code = worker.process.poll()
        if code is not None:
            self.violations.append(
                f"{worker.log.name}: ended by itself, exit code {code}: {worker.output[-1_000:]}"
            )

    def _promote(self) -> None:
        self._models.reverse()
        self._registry.promote(self._models[0], PRODUCTION)


def _freeze(worker: WorkerProcess, for_s: float) -> None:
    """Long enough for the group to give its partitions to others; then it wakes and knows nothing of that."""
    if worker.process.poll() is not None:
        return  # the end of the run tells
    os.kill(worker.process.pid, signal.SIGSTOP)
    time.sleep(for_s)
    os.kill(worker.process.pid, signal.SIGCONT)
