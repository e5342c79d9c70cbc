"""Runs side by side: each lane is a process with servers of its own, and takes the next run from one list."""

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
from tests.chaos.run import Outcome, execute
from tests.chaos.servers import open_servers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.queues import Queue
    from pathlib import Path

    from tests.chaos.plan import Plan

LOOK_S = 5.0
QUICK_JAVA = {"JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1"}
"""Java's quick compiler alone halves what a broker's start costs, and brokers are started often."""


@dataclass(frozen=True, slots=True)
class Result:
    """A run that is over. ``folder`` has what it left: logs, files, registry."""

    plan: Plan
    outcome: Outcome
    folder: Path


def run_plans(plans: Sequence[Plan], jobs: int, folder: Path) -> Iterator[Result]:
    """Run all plans in ``jobs`` lanes; results come as they are ready.

    :raises JarsMissingError: if Apache Kafka cannot run here.
    :raises RuntimeError: if a lane died.
    """
    kafka_jars()
    os.environ.update(QUICK_JAVA)
    context = multiprocessing.get_context("spawn")
    waiting: Queue[Plan | None] = context.Queue()
    done: Queue[Result] = context.Queue()
    for plan in (*plans, *[None] * jobs):
        waiting.put(plan)
    lanes = [
        context.Process(target=_run_lane, args=(folder / f"lane-{number}", waiting, done), daemon=True)
        for number in range(jobs)
    ]
    for lane in lanes:
        lane.start()
    for _ in plans:
        yield _next(done, lanes)
    for lane in lanes:
        lane.join()


def _next(done: Queue[Result], lanes: Sequence[multiprocessing.process.BaseProcess]) -> Result:
    while True:
        try:
            return done.get(timeout=LOOK_S)
        except Empty:
            if any(lane.exitcode for lane in lanes):
                raise RuntimeError("a lane died; what it wrote to stderr says why") from None


def _run_lane(folder: Path, waiting: Queue[Plan | None], done: Queue[Result]) -> None:
    """Take runs until there are none; a run that breaks the harness costs this lane's servers, not the series."""
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
                except Exception:  # noqa: BLE001 - whatever it is: such a run proves nothing, and must be told
                    outcome = Outcome(Counter(), 0, (f"the harness broke: {traceback.format_exc()}",))
                done.put(Result(plan, outcome, run_folder))
                plan = waiting.get()
                if not outcome.faults:
                    break
        if plan is None:
            return
