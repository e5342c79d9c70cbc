"""What a run has left: looked at by ``badbuzz verify``, and by counting that owes nothing to the product."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.worker.system import System

Place = tuple[int, int]
"""Partition and offset."""
SHOWN = 5


def examine(system: System, places: Sequence[Place], planted: set[Place]) -> list[str]:
    """Let a fresh worker finish, then compare with what was sent: all that is wrong, in words.

    :param places: where each record of the stream is in the topic.
    :param planted: those of them that are no tweets.
    """
    try:
        if problems := [*_drained(system), *_verified(system)]:
            return problems
        return [*_counted(system, places, planted)]
    except subprocess.TimeoutExpired as stuck:
        return [f"stuck: {stuck}"]


def _drained(system: System) -> Iterator[str]:
    done = system.run("work", "--until-drained", "--health-port", "0")
    if done.returncode:
        yield f"the worker that drains: exit code {done.returncode}: {done.stderr[-1_000:]}"


def _verified(system: System) -> Iterator[str]:
    done = system.run("verify", "--deep", "--complete", "--json")
    if not done.stdout:
        yield f"verify: exit code {done.returncode}: {done.stderr[-1_000:]}"
        return
    report: dict[str, Any] = json.loads(done.stdout)
    for violation in report["violations"]:
        yield "verify: partition {partition}, offset {offset}: {problem}".format(**violation)
    for reason in report["unsettled"]:
        yield f"verify: unsettled: {reason}"


def _counted(system: System, places: Sequence[Place], planted: set[Place]) -> Iterator[str]:
    rows = system.rows()
    found = Counter(zip(rows["partition"].to_pylist(), rows["offset"].to_pylist(), strict=True))
    wanted = set(places) - planted
    for what, wrong in {
        "more than once in Parquet": {place for place, count in found.items() if count > 1},
        "sent, but not in Parquet": wanted - found.keys(),
        "in Parquet, but no tweet that was sent": found.keys() - wanted,
        "a bad record without a dead letter": planted - (letters := system.dead_letters()),
        "a dead letter of a good record": letters - planted,
    }.items():
        if wrong:
            yield f"{what}: {len(wrong)} records, such as {sorted(wrong)[:SHOWN]}"
    counted = system.counted()
    if (counted.rows, counted.rejected) != (len(wanted), len(planted)):
        yield (
            f"Redis counts {counted.rows} rows and {counted.rejected} rejected; "
            f"sent were {len(wanted)} and {len(planted)}"
        )
