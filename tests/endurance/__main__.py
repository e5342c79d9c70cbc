"""``python -m tests.endurance soak|rolling|backlog``: one line of JSON at the end, exit code 1 if anything was violated."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.servers.kafka import JarsMissingError
from tests.endurance import backlog, rolling, soak
from tests.endurance.environment import StuckError, log_progress

EXERCISES = {"soak": soak, "rolling": rolling, "backlog": backlog}


def main() -> int:
    """Run one exercise."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description=__doc__)
    exercises = parser.add_subparsers(dest="exercise", required=True)
    for name, module in EXERCISES.items():
        module.add_options(exercises.add_parser(name, help=module.__doc__, description=module.__doc__))
    options = parser.parse_args()
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"badbuzz-{options.exercise}-"))
    try:
        report = EXERCISES[options.exercise].run(options, folder)
    except StuckError as stuck:
        report = {"violations": [f"stuck: {stuck}"]}
    violations = report["violations"]
    for violation in violations:
        log_progress(f"VIOLATION {violation} (kept: {folder})")
    if not violations:
        shutil.rmtree(folder)
    summary = {**report, "violations": len(violations), "seconds": round(time.monotonic() - started)}
    print(json.dumps(summary))  # noqa: T201 - its result
    return 1 if violations else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except JarsMissingError as missing:
        sys.exit(f"endurance: {missing}")
