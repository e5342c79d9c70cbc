"""A rolling restart under load: each worker in turn gets SIGTERM and is replaced."""

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

    from tests.endurance.workers import EnduranceWorker, StopResult

PARTITIONS = 8
UNPUBLISHED_S = 1.5 * ScoredSettings().file_seconds
"""After this time a row is in a file, so a later restart cannot cause it to be scored again."""
STOP_BOUND_S = 30
"""20 s for the drain, 5 s for leaving the group, and the end of the process."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=4, help="default: %(default)s")
    parser.add_argument("--rate", type=int, default=1_500, help="records per second; default: %(default)s")
    parser.add_argument(
        "--quiet-seconds", type=int, default=60, help="the period without restarts; default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=7, help="of the stream; default: %(default)s")


def run(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Observe the undisturbed workers, restart all, drain, and check the results."""
    with open_environment(folder, PARTITIONS, {}) as environment, EnduranceWorkers(environment) as workers:
        members = [workers.add() for _ in range(options.workers)]
        for member in members:
            workers.await_partitions(member)
        load = Load(environment, at_rate(options.rate), options.seed).start()
        environment.await_counted(options.rate)
        with CounterWatch(environment) as counters:
            quiet_from, quiet_to = _observe(options.quiet_seconds)
            quiet_counters = counters.stalls.take()
            time.sleep(UNPUBLISHED_S)
            counters.stalls.take()
            restarts_from = time.time()
            leaving = [*_restart(workers, members)]
            restarts_to = time.time()
            load.stop()
            environment.await_counted(load.sent)
            restart_counters = counters.stalls.take()
        results = [*leaving, *(workers.stop(member) for member in list(workers.members))]
        evidence = examine(environment, load, deep=True)
        workers.look_for_tracebacks()
        committed = environment.committed()
        rows = pauses.times_by_partition(environment.rows(*pauses.COLUMNS))
    wrong = [*workers.violations, *evidence.violations, *_check_stop_times(results)]
    if committed != evidence.chain_ends:
        wrong.append(f"committed {committed}, the chains end at {evidence.chain_ends}")
    return {
        "restarts": len(leaving),
        "rows_in": evidence.rows_in,
        "rows_out": evidence.rows_out,
        "dead_letters": evidence.dead_letters,
        "violations": wrong,
        "stop_s": median_and_max([result.seconds for result in leaving]),
        "exit_codes": sorted({result.exit_code for result in results}),
        "scored_again": sum(result.scored for result in results) - evidence.rows_out,
        "pause_undisturbed": pauses.summary(rows, quiet_from, quiet_to)
        | {"counters_s": median_and_max(quiet_counters)},
        "pause_restarting": pauses.summary(rows, restarts_from, restarts_to)
        | {"counters_s": median_and_max(restart_counters)},
    }


def _observe(seconds: float) -> tuple[float, float]:
    """Wait, and return the period in seconds since 1970."""
    began = time.time()
    time.sleep(seconds)
    return began, time.time()


def _restart(workers: EnduranceWorkers, members: Sequence[EnduranceWorker]) -> Iterator[StopResult]:
    """Restart each worker when the one before has been replaced by one with partitions."""
    for member in members:
        result = workers.stop(member)
        log_progress(f"{member.name}: {result}")
        workers.await_partitions(workers.add())
        yield result


def _check_stop_times(results: Sequence[StopResult]) -> Iterator[str]:
    for result in results:
        if result.seconds > STOP_BOUND_S:
            yield f"a worker took {result.seconds:.1f} s to stop, more than {STOP_BOUND_S}"
