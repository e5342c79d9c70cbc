"""Checks the result of a run by ``badbuzz verify``, and by a count that is independent of the product."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import redis

from worker.verify.redis_counters import RedisCounterReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.worker.system import System

Place = tuple[int, int]
"""Partition and offset."""
SHOWN = 5
POLL_S = 0.2
UNSETTLED = "verify: unsettled:"
"""Counters and files are not at the same offset yet, or there is lag."""


@dataclass(frozen=True, slots=True)
class SentRecords:
    """The partition and offset of each record, which records are bad, and which of these are tombstones."""

    places: Sequence[Place]
    bad: frozenset[Place]
    tombstones: frozenset[Place]
    skips_tombstones: bool

    @property
    def planted(self) -> frozenset[Place]:
        """Return the records that must become dead letters."""
        return self.bad - self.tombstones if self.skips_tombstones else self.bad

    @property
    def tweets(self) -> frozenset[Place]:
        return frozenset(self.places) - self.bad


def drain(system: System) -> list[str]:
    """Drain the topic with a new worker. Return the violations."""
    try:
        done = system.run("work", "--until-drained", "--health-port", "0")
    except subprocess.TimeoutExpired as stuck:
        return [f"stuck: {stuck}"]
    if done.returncode:
        return [f"the worker that drains: exit code {done.returncode}: {done.stderr[-1_000:]}"]
    return []


def examine(system: System, sent: SentRecords, check: Callable[[], None], timeout_s: float) -> list[str]:
    """Compare the results with the records sent. Return the violations.

    Running workers get ``timeout_s`` to count and publish everything; ``check`` is called meanwhile.
    """
    deadline = time.monotonic() + timeout_s
    while not _all_counted(system, sent) and time.monotonic() < deadline:
        check()
        time.sleep(POLL_S)
    while (problems := _verify(system)) and time.monotonic() < deadline and _all_unsettled(problems):
        check()
        time.sleep(POLL_S)
    return problems or list(_compare_rows(system, sent))


def _all_counted(system: System, sent: SentRecords) -> bool:
    """Return whether Redis has counted to the ends. This is cheap; ``verify`` checks the rest."""
    ends: Counter[int] = Counter()
    for partition, offset in sent.places:
        ends[partition] = max(ends[partition], offset + 1)
    with redis.Redis.from_url(system.settings["BADBUZZ_REDIS__URL"]) as client:
        positions = RedisCounterReader(client, system.topic).fetch_positions()
    return positions is not None and all(positions.applied.get(p, 0) >= end for p, end in ends.items())


def _all_unsettled(problems: Sequence[str]) -> bool:
    return all(problem.startswith(UNSETTLED) for problem in problems)


def _verify(system: System) -> list[str]:
    done = system.run("verify", "--deep", "--complete", "--json")
    if not done.stdout:
        return [f"verify: exit code {done.returncode}: {done.stderr[-1_000:]}"]
    report: dict[str, Any] = json.loads(done.stdout)
    violations = [
        "verify: partition {partition}, offset {offset}: {problem}".format(**violation)
        for violation in report["violations"]
    ]
    return violations + [f"{UNSETTLED} {reason}" for reason in report["unsettled"]]


def _compare_rows(system: System, sent: SentRecords) -> Iterator[str]:
    rows = system.rows()
    found = Counter(zip(rows["partition"].to_pylist(), rows["offset"].to_pylist(), strict=True))
    letters = system.dead_letters()
    for what, wrong in {
        "more than once in Parquet": {place for place, count in found.items() if count > 1},
        "sent, but not in Parquet": sent.tweets - found.keys(),
        "in Parquet, but not a tweet that was sent": found.keys() - sent.tweets,
        "a bad record without a dead letter": sent.planted - letters,
        "a dead letter of a good record": letters - sent.planted,
    }.items():
        if wrong:
            yield f"{what}: {len(wrong)} records, such as {sorted(wrong)[:SHOWN]}"
    totals = system.counted()
    expected = (len(sent.tweets), len(sent.planted))
    if (totals.rows, totals.rejected) != expected:
        yield f"Redis counts {totals.rows} rows and {totals.rejected} rejected; sent were {expected}"
