"""Full speed for a long time, with a worker killed every few seconds."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

from tests.endurance.environment import log_progress, open_environment
from tests.endurance.evidence import examine
from tests.endurance.load import Load, ahead_of
from tests.endurance.memory import MemoryWatch, beyond_bound, summary
from tests.endurance.workers import EnduranceWorkers

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from tests.endurance.environment import Environment

PARTITIONS = 6
BACKLOG = 200_000
"""The backlog at any time: ten seconds of work for two workers, so that none is ever idle."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, default=30, help="default: %(default)s")
    parser.add_argument("--kill-every", type=float, default=20, metavar="S", help="default: %(default)s s")
    parser.add_argument("--workers", type=int, default=2, help="that may be killed; default: %(default)s")
    parser.add_argument("--seed", type=int, default=7, help="of the choice of victims; default: %(default)s")
    parser.add_argument("--deep", action="store_true", help="compare every id with its record's at the end")


def run(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Feed, kill, drain, and check. One more worker is never killed: it shows whether memory grows."""
    with open_environment(folder, PARTITIONS, {}) as environment, EnduranceWorkers(environment) as workers:
        load = Load(environment, ahead_of(environment.counted, BACKLOG), options.seed).start()
        spared = workers.add()
        for _ in range(options.workers):
            workers.add()
        environment.await_counted(1)
        with MemoryWatch(workers.living) as memory:
            began, counted = time.monotonic(), environment.counted()
            kills = _kill_periodically(environment, workers, options)
            rate = (environment.counted() - counted) / (time.monotonic() - began)
            load.stop()
            environment.await_counted(load.sent)
            for member in list(workers.members):
                workers.stop(member)
        log_progress(f"drained: {load.sent} records; comparing")
        evidence = examine(environment, load, deep=options.deep)
        workers.look_for_tracebacks()
    return {
        "minutes": options.minutes,
        "kills": kills,
        "rows_in": evidence.rows_in,
        "rows_out": evidence.rows_out,
        "dead_letters": evidence.dead_letters,
        "violations": [*workers.violations, *evidence.violations, *beyond_bound(memory.samples)],
        "tweets_per_second": round(rate),
        "rss_mb": summary(memory.samples),
        "rss_mb_of_the_spared": summary(memory.of(spared.pid)),
    }


def _kill_periodically(
    environment: Environment, workers: EnduranceWorkers, options: argparse.Namespace
) -> int:
    """Kill and replace workers until the end, except for the first one."""
    random = Random(options.seed)
    end, kills = time.monotonic() + 60 * options.minutes, 0
    while time.monotonic() + options.kill_every < end:
        time.sleep(options.kill_every)
        victim = random.choice(workers.members[1:])
        workers.kill(victim)
        workers.add()
        kills += 1
        log_progress(f"{kills} kills, {environment.counted()} counted, last {victim.name}")
    time.sleep(max(0.0, end - time.monotonic()))
    return kills
