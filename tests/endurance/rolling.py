"""A rolling restart under load: each worker gets SIGTERM and a successor, one after the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from badbuzz.settings import ScoredSettings
from tests.endurance import pauses
from tests.endurance.counter_watch import CounterWatch
from tests.endurance.environment import log_progress, open_environment
from tests.endurance.evidence import examine
from tests.endurance.load import Load, at_rate
from tests.endurance.pauses import median_and_max
from tests.endurance.workers import EnduranceWorkers

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.endurance.workers import EnduranceWorker, Farewell

PARTITIONS = 8
UNPUBLISHED_S = 1.5 * ScoredSettings().file_seconds
"""After so long a row is surely in a file: a restart that comes later cannot have it scored again."""
STOP_BOUND_S = 30
"""20 for the drain, 5 for leaving the group, and the end of the process."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=4, help="default: %(default)s")
    parser.add_argument("--rate", type=int, default=1_500, help="records per second; default: %(default)s")
    parser.add_argument(
        "--quiet-seconds", type=int, default=60, help="the stretch without restarts; default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=7, help="of the stream; default: %(default)s")


def run(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Look on for a while, restart all, drain, and compare."""
    with open_environment(folder, PARTITIONS, {}) as environment, EnduranceWorkers(environment) as workers:
        members = [workers.add() for _ in range(options.workers)]
        for member in members:
            workers.await_partitions(member)
        load = Load(environment, at_rate(options.rate), options.seed).start()
        environment.await_counted(options.rate)
        with CounterWatch(environment) as counters:
            quiet_from, quiet_to = _look_on(options.quiet_seconds)
            quiet_counters = counters.seen.take()
            time.sleep(UNPUBLISHED_S)
            counters.seen.take()
            restarts_from = time.time()
            leaving = [*_restart(workers, members)]
            restarts_to = time.time()
            load.stop()
            environment.await_counted(load.sent)
            restart_counters = counters.seen.take()
        farewells = [*leaving, *(workers.stop(member) for member in list(workers.members))]
        evidence = examine(environment, load, deep=True)
        workers.look_for_tracebacks()
        committed = environment.committed()
        rows = pauses.times_by_partition(environment.rows(*pauses.COLUMNS))
    wrong = [*workers.violations, *evidence.violations, *_beyond(farewells)]
    if committed != evidence.chain_ends:
        wrong.append(f"committed {committed}, the chains end at {evidence.chain_ends}")
    return {
        "restarts": len(leaving),
        "rows_in": evidence.rows_in,
        "rows_out": evidence.rows_out,
        "dead_letters": evidence.dead_letters,
        "violations": wrong,
        "stop_s": median_and_max([farewell.seconds for farewell in leaving]),
        "exit_codes": sorted({farewell.exit_code for farewell in farewells}),
        "scored_again": sum(farewell.scored for farewell in farewells) - evidence.rows_out,
        "pause_undisturbed": pauses.summary(rows, quiet_from, quiet_to)
        | {"counters_s": median_and_max(quiet_counters)},
        "pause_restarting": pauses.summary(rows, restarts_from, restarts_to)
        | {"counters_s": median_and_max(restart_counters)},
    }


def _look_on(seconds: float) -> tuple[float, float]:
    """From when to when, in seconds since 1970."""
    began = time.time()
    time.sleep(seconds)
    return began, time.time()


def _restart(workers: EnduranceWorkers, members: Sequence[EnduranceWorker]) -> Iterator[Farewell]:
    """One after the other; the next only when the successor has partitions."""
    for member in members:
        farewell = workers.stop(member)
        log_progress(f"{member.name}: {farewell}")
        workers.await_partitions(workers.add())
        yield farewell


def _beyond(farewells: Sequence[Farewell]) -> Iterator[str]:
    for farewell in farewells:
        if farewell.seconds > STOP_BOUND_S:
            yield f"a worker took {farewell.seconds:.1f} s to stop, more than {STOP_BOUND_S}"
