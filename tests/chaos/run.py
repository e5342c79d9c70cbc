"""Executes a plan: feeds workers, injects faults, lets them finish, and checks where every record is.

All of it runs on one thread, except for the feed, which goes on until the last fault is over.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from model_registry.store.registry import PRODUCTION, Registry
from tests.chaos.chaos_workers import ChaosWorkers
from tests.chaos.compactions import Compactions
from tests.chaos.dependencies import Dependencies
from tests.chaos.evidence import drain, examine
from tests.chaos.feed import PlainFeed, TransactionalFeed
from tests.chaos.plan import AWAY, SESSION_TIMEOUT_S, Ending, Fault, events
from tests.chaos.refusals import recreate_topic, refuse_store
from tests.chaos.stream import OF_A_DAY, RECORDS_PER_S, RecordStream
from tests.model_registry import tiny_model
from tests.worker.system import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.chaos.evidence import SentRecords
    from tests.chaos.plan import Event, FaultStep, Plan
    from tests.chaos.servers import ChaosServers
    from tests.worker.system import System

SETTINGS = {
    "BADBUZZ_KAFKA__SESSION_TIMEOUT_MS": str(int(1_000 * SESSION_TIMEOUT_S)),
    # Small batches and files: many protocol steps in little time.
    "BADBUZZ_BATCH__RECORDS": "50",
    "BADBUZZ_SCORED__FILE_ROWS": str(RECORDS_PER_S // 2),
    "BADBUZZ_REGISTRY__REFRESH_SECONDS": "0.5",
    "BADBUZZ_BRANDS": str(ROOT / "badbuzz" / "data" / "brands.yaml"),
    # A worker that starts while a server is away must wait for it.
    "BADBUZZ_START_PATIENCE_SECONDS": "60",
}
BACKLOG_OF_DAYS = 2 * OF_A_DAY
"""The past days of a dated stream. Records that arrive while workers run are of today, whatever their timestamps."""
POLL_S = 0.05
LAST_BREAK_POINTS_S = 2.0
"""How long to wait for the last break points. A step that is not reached by then is not part of this run."""
ALL_BREAK_POINTS_S = 60.0
"""The same for plans with ``all_at_once``."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The faults by name, the number of records, and the violations."""

    faults: Counter[str]
    rows: int
    violations: tuple[str, ...]
    seconds: float = 0.0


class RunStuckError(Exception):
    """A condition was not reached in time."""


def execute(plan: Plan, servers: ChaosServers, folder: Path) -> RunOutcome:
    """Execute a plan with workers on ``servers``; ``folder`` is for their files."""
    started = time.monotonic()
    stream = RecordStream(plan.name, dated=plan.dated, any_time=plan.any_time)
    with (
        servers.new_system(folder, storage=plan.storage, conditions=plan.conditions) as system,
        ThreadPoolExecutor(1) as feeder,
    ):
        system.worker_module = "tests.chaos.instrumented"
        system.settings |= SETTINGS | dict(plan.settings)
        system.settings["BADBUZZ_KAFKA__TOMBSTONES"] = "skip" if plan.skips_tombstones else "dead-letter"
        if plan.latest:
            system.settings["BADBUZZ_KAFKA__START"] = "latest"
        disk_full = folder / "disk-full"
        system.worker_settings |= {"CHAOS_DISK_FULL": str(disk_full), "CHAOS_MUTANT": plan.mutant}
        feed: PlainFeed | TransactionalFeed = (
            TransactionalFeed(system, stream) if plan.transactional else PlainFeed(system, stream)
        )
        feed.send(stream.take(BACKLOG_OF_DAYS if plan.dated else plan.backlog))
        over = threading.Event()
        if not plan.feeds or plan.ending == Ending.STORE_REFUSED:
            over.set()
        feeding = feeder.submit(_feed, system, feed, stream, over, latest=plan.latest)
        run = _Run(plan, system, Dependencies(servers, disk_full))
        try:
            run.inject_faults()
        finally:
            over.set()
        feeding.result()
        sent = feed.find_sent(skips_tombstones=plan.skips_tombstones)
        violations = run.finish(sent)
    faults = +(run.workers.faults + Counter(transaction_aborted=feed.aborted))
    return RunOutcome(faults, len(sent.places), tuple(violations), time.monotonic() - started)


def _feed(
    system: System,
    feed: PlainFeed | TransactionalFeed,
    stream: RecordStream,
    over: threading.Event,
    *,
    latest: bool,
) -> None:
    """Feed until ``over``. With ``latest``, begin when the origins are claimed: earlier records would not be scored."""
    while latest and not over.is_set() and system.count_origins() < system.partitions:
        time.sleep(POLL_S)
    feed.send(stream.paced(over))


class _Run:
    def __init__(self, plan: Plan, system: System, dependencies: Dependencies) -> None:
        number = sum(step.fault == Fault.BREAK_POINT for step in plan.steps)
        self.workers = ChaosWorkers(
            system,
            reached_before_resuming=number if plan.all_at_once else 0,
            clocks=Random(plan.name) if plan.skewed else None,
            may_be_refused=any(step.fault == Fault.RIGHT_LOST for step in plan.steps),
        )
        self._plan = plan
        self._system = system
        self._dependencies = dependencies
        self._compactions = Compactions(system)
        self._stuck: list[str] = []
        registry = Registry.open(str(system.folder / "registry"))
        self._registry = registry
        self._models = [registry.resolve(f"tiny@{PRODUCTION}"), registry.register(tiny_model.draft(seed=8))]

    def inject_faults(self) -> None:
        """Start the workers and inject all faults. Return when no worker is frozen or stopping."""
        steps = [step for step in self._plan.steps if step.fault == Fault.BREAK_POINT and not step.at_s]
        self.workers.start(self._plan.workers, steps)
        if self._plan.ending == Ending.STORE_REFUSED:
            return
        try:
            self._until(self._has_begun, "the first row is counted, or a break point is reached")
            self._run_events()
            self._wait_for_break_points()
            self._until(lambda: not self.workers.is_disturbed, "no worker is frozen or stopping")
        except RunStuckError as stuck:
            self._stuck.append(f"stuck: {stuck}")

    def finish(self, sent: SentRecords) -> list[str]:
        """Let the plan's workers finish. Return all violations."""
        if self._plan.ending in (Ending.RECREATED, Ending.STORE_REFUSED):
            return self._wait_for_refusals(sent)
        workers, fresh = self.workers, self._plan.ending == Ending.FRESH
        if fresh:
            workers.kill_all()
        self._compactions.finish()
        found = drain(self._system) if fresh else []
        found = found or examine(self._system, sent, workers.check, 0.0 if fresh else self._plan.timeout_s)
        workers.check()
        if self._stuck or found:
            workers.dump_stacks()
        workers.find_tracebacks()
        workers.faults.update(self._compactions.faults)
        return [*self._stuck, *workers.violations, *self._compactions.violations, *found]

    def _wait_for_refusals(self, sent: SentRecords) -> list[str]:
        self._compactions.finish()
        found: list[str] = []
        try:
            if self._plan.ending == Ending.RECREATED:
                found = recreate_topic(self._system, self.workers, sent, self._until)
            else:
                found = refuse_store(self._system, self.workers, self._until)
        except RunStuckError as stuck:
            self._stuck.append(f"stuck: {stuck}")
            self.workers.dump_stacks()
        self.workers.find_tracebacks()
        self.workers.faults[self._plan.ending] += 1
        return [*self._stuck, *self.workers.violations, *self._compactions.violations, *found]

    def _has_begun(self) -> bool:
        """Whether the plan's clock starts. With ``all_at_once`` it starts when the first worker is frozen."""
        return self.workers.has_reached_break_point or (
            not self._plan.all_at_once and bool(self._system.counted().rows)
        )

    def _run_events(self) -> None:
        started = time.monotonic()
        for event in events(self._plan):
            while time.monotonic() - started < event.at_s:
                self._check_all()
            self._run_event(event)

    def _wait_for_break_points(self) -> None:
        deadline = time.monotonic() + (ALL_BREAK_POINTS_S if self._plan.all_at_once else LAST_BREAK_POINTS_S)
        while self.workers.has_pending_break_point and time.monotonic() < deadline:
            self._check_all()
        self.workers.remove_break_points()

    def _run_event(self, event: Event) -> None:
        step, workers = event.step, self.workers
        if step.fault in AWAY:
            if event.begins:
                workers.faults[step.fault] += 1
                self._dependencies.begin_fault(step)
            else:
                self._dependencies.end_fault(step)
            return
        if step.fault == Fault.BREAK_POINT and not step.at_s:
            return  # already set
        {
            Fault.KILL: workers.kill,
            Fault.FREEZE: workers.freeze,
            Fault.BREAK_POINT: workers.set_break_point,
            Fault.ADD: workers.add,
            Fault.REMOVE: workers.remove,
            Fault.PROMOTE: self._promote,
            Fault.COMPACT: self._compactions.start,
            Fault.PARTITION_ADDED: self._add_partition,
        }[step.fault](step)

    def _add_partition(self, step: FaultStep) -> None:
        self._system.add_partition()
        self.workers.faults[step.fault] += 1

    def _promote(self, step: FaultStep) -> None:
        self._models.reverse()
        self._registry.promote(self._models[0], PRODUCTION)
        self.workers.faults[step.fault] += 1

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + self._plan.timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise RunStuckError(f"not within {self._plan.timeout_s:.0f} s: {what}")
            self._check_all()

    def _check_all(self) -> None:
        self.workers.check()
        self._compactions.check()
        time.sleep(POLL_S)
