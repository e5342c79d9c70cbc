"""Executes plans in parallel processes, each with its own servers."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections import Counter
from dataclasses import dataclass
from itertools import count
from queue import Empty
from typing import TYPE_CHECKING

from benchmarks.servers.kafka import kafka_jars
from tests.chaos.run import RunOutcome, execute
from tests.chaos.servers import open_servers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.queues import Queue
    from pathlib import Path

    from tests.chaos.plan import Plan

POLL_S = 5.0
QUICK_JAVA = {"JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1"}
"""Using only Java's quick compiler halves the time of a broker's start, and brokers are started often."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run. ``folder`` has its logs, files and registry."""

    plan: Plan
    outcome: RunOutcome
    folder: Path


def run_plans(plans: Sequence[Plan], jobs: int, folder: Path) -> Iterator[Result]:
    """Execute all plans in ``jobs`` processes. Yield results as they are ready.

    :raises JarsMissingError: if Apache Kafka cannot run here.
    :raises RuntimeError: if a process died.
    """
    kafka_jars()
    os.environ.update(QUICK_JAVA)
    context = multiprocessing.get_context("spawn")
    waiting: Queue[Plan | None] = context.Queue()
    done: Queue[Result] = context.Queue()
    for plan in (*plans, *[None] * jobs):
        waiting.put(plan)
    processes = [
        context.Process(target=_run_process, args=(folder / f"lane-{number}", waiting, done), daemon=True)
        for number in range(jobs)
    ]
    for process in processes:
        process.start()
    for _ in plans:
        yield _next(done, processes)
    for process in processes:
        process.join()


def _next(done: Queue[Result], processes: Sequence[multiprocessing.process.BaseProcess]) -> Result:
    while True:
        try:
            return done.get(timeout=POLL_S)
        except Empty:
            if any(process.exitcode for process in processes):
                raise RuntimeError("a process of the harness died; its stderr says why") from None


def _run_process(folder: Path, waiting: Queue[Plan | None], done: Queue[Result]) -> None:
    """Execute plans until the queue is empty. After an error of the harness, start new servers and go on."""
    plan = waiting.get()
    for number in count(1):
        servers_folder = folder / f"servers-{number}"
        servers_folder.mkdir(parents=True)
        with open_servers(servers_folder) as servers:
            while plan:
                run_folder = folder / plan.name
                run_folder.mkdir()
                try:
                    outcome = execute(plan, servers, run_folder)
                except Exception:  # noqa: BLE001 - such a run proves nothing, and must be reported
                    outcome = RunOutcome(Counter(), 0, (f"the harness broke: {traceback.format_exc()}",))
                done.put(Result(plan, outcome, run_folder))
                plan = waiting.get()
                if not outcome.faults:
                    break
        if plan is None:
            return
