"""``python -m tests.chaos --runs N --seed S``: N runs; one line of JSON at the end, exit code 1 if anything was violated."""

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

from tests.chaos.plan import Fault, make_plan
from tests.chaos.run import execute
from tests.chaos.servers import open_servers
from tests.servers.kafka import JarsMissingError

if TYPE_CHECKING:
    from tests.chaos.plan import Plan
    from tests.chaos.run import Outcome


def main() -> int:
    """Run them all, whatever becomes of each."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--first", type=int, default=0, help="number of the first run; default: %(default)s")
    options = parser.parse_args()
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="badbuzz-chaos-"))
    faults: Counter[Fault] = Counter(dict.fromkeys(Fault, 0))
    rows, violations = 0, 0
    with open_servers(folder) as servers:
        for number in range(options.first, options.first + options.runs):
            plan = make_plan(options.seed, number)
            run_folder = folder / plan.name
            run_folder.mkdir()
            outcome = execute(plan, servers, run_folder)
            _tell(plan, outcome, run_folder)
            faults.update(outcome.faults)
            rows += outcome.rows
            violations += len(outcome.violations)
            if not outcome.violations:
                shutil.rmtree(run_folder)
    if not violations:
        shutil.rmtree(folder)
    summary = {"runs": options.runs, "faults": faults, "rows": rows, "violations": violations}
    print(json.dumps(summary | {"seconds": round(time.monotonic() - started, 1)}))  # noqa: T201 - its result
    return 1 if violations else 0


def _tell(plan: Plan, outcome: Outcome, folder: Path) -> None:
    steps = ", ".join(step.fault for step in plan.steps)
    print(f"{plan.name}: {plan.workers} workers: {steps}: {outcome.rows} records", file=sys.stderr)  # noqa: T201
    for violation in outcome.violations:
        print(f"{plan.name}: VIOLATION {violation} (kept: {folder})", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    try:
        sys.exit(main())
    except JarsMissingError as missing:
        sys.exit(f"chaos: {missing}")
