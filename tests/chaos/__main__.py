"""``python -m tests.chaos --runs N --seed S --jobs J``: N runs, one line of JSON at the end; exit code 1 if anything is wrong."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.servers.kafka import JarsMissingError
from tests.chaos.parallel import run_plans
from tests.chaos.plan import Ending, Fault
from tests.chaos.points import Point
from tests.chaos.random_plan import make_plan
from tests.worker.valkey import FAKETIME

if TYPE_CHECKING:
    from tests.chaos.parallel import Result

AT_POINTS = [f"{what}_{point}" for point in Point for what in ("killed", "frozen")]
NO_FAKETIME = "chaos: without libfaketime, valkey_clock_ahead has no effect: install faketime"
OF_THE_STREAM = ["transaction_aborted", "clock_skewed", Ending.RECREATED.value, Ending.STORE_REFUSED.value]
NAMES = [*(fault.value for fault in Fault if fault != Fault.BREAK_POINT), *AT_POINTS, *OF_THE_STREAM]
"""All faults, so that the summary also lists those that never happened."""


def main() -> int:
    """Run all plans, and print the summary."""
    options = _options()
    started = time.monotonic()
    if not FAKETIME:
        print(NO_FAKETIME, file=sys.stderr)  # noqa: T201
    folder = Path(tempfile.mkdtemp(prefix="badbuzz-chaos-"))
    plans = [make_plan(options.seed, options.first + number) for number in range(options.runs)]
    faults = Counter(dict.fromkeys(NAMES, 0))
    rows, violations = 0, 0
    for result in run_plans(plans, options.jobs, folder):
        outcome = result.outcome
        _print_result(result, options.seed)
        faults.update(outcome.faults)
        rows += outcome.rows
        violations += len(outcome.violations)
        if not outcome.violations:
            shutil.rmtree(result.folder)
    if not violations:
        shutil.rmtree(folder)
    summary = {"runs": options.runs, "faults": faults, "rows": rows, "violations": violations}
    print(json.dumps(summary | {"seconds": round(time.monotonic() - started, 1)}))  # noqa: T201 - its result
    return 1 if violations else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--first", type=int, default=0, help="number of the first run; default: %(default)s")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time; default: %(default)s")
    return parser.parse_args()


def _print_result(result: Result, seed: int) -> None:
    plan, outcome = result.plan, result.outcome
    done = ", ".join(f"{name}×{times}" if times > 1 else name for name, times in outcome.faults.items())
    line = f"{plan.name}: {plan.workers} workers on {plan.storage}: {done}: {outcome.rows} records"
    print(f"{line}, {outcome.seconds:.0f} s", file=sys.stderr)  # noqa: T201
    if not outcome.violations:
        return
    for violation in outcome.violations:
        print(f"{plan.name}: VIOLATION {violation}", file=sys.stderr)  # noqa: T201
    number = plan.name.partition("-")[2]
    again = f"python -m tests.chaos --runs 1 --seed {seed} --first {number}"
    print(f"{plan.name}: kept: {result.folder}; the plan: {plan}; again: {again}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    try:
        sys.exit(main())
    except JarsMissingError as missing:
        sys.exit(f"chaos: {missing}")
