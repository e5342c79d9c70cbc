"""What a run has left: looked at by ``badbuzz verify``, and by counting that owes nothing to the product."""

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

    from tests.chaos.stream import Stream
    from tests.worker.system import System

Place = tuple[int, int]
"""Partition and offset."""
SHOWN = 5
LOOK_S = 0.2
UNSETTLED = "verify: unsettled:"
"""So far, counters and files are not at the same offset, or records wait."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where each record of the stream is in the topic, and which of them are no tweets."""

    places: Sequence[Place]
    planted: frozenset[Place]

    @classmethod
    def of(cls, places: Sequence[Place], stream: Stream) -> Sent:
        """By the numbers that the stream gave them."""
        return cls(places, frozenset(place for number, place in enumerate(places) if number in stream.bad))

    @property
    def tweets(self) -> frozenset[Place]:
        return frozenset(self.places) - self.planted


def drain(system: System) -> list[str]:
    """Let a fresh worker finish."""
    try:
        done = system.run("work", "--until-drained", "--health-port", "0")
    except subprocess.TimeoutExpired as stuck:
        return [f"stuck: {stuck}"]
    if done.returncode:
        return [f"the worker that drains: exit code {done.returncode}: {done.stderr[-1_000:]}"]
    return []


def examine(system: System, sent: Sent, look: Callable[[], None], patience_s: float) -> list[str]:
    """Compare what is there with what was sent: all that is wrong, in words.

    Living workers may need some time until all is counted and published: ``look`` goes after them meanwhile.
    """
    deadline = time.monotonic() + patience_s
    while not _all_counted(system, sent) and time.monotonic() < deadline:
        look()
        time.sleep(LOOK_S)
    while (problems := _verified(system)) and time.monotonic() < deadline and _are_at_it(problems):
        look()
        time.sleep(LOOK_S)
    return problems or list(_counted(system, sent))


def _all_counted(system: System, sent: Sent) -> bool:
    """Asks the server, at little cost; whether all of it is right is for ``verify`` to say."""
    ends: Counter[int] = Counter()
    for partition, offset in sent.places:
        ends[partition] = max(ends[partition], offset + 1)
    with redis.Redis.from_url(system.settings["BADBUZZ_REDIS__URL"]) as client:
        positions = RedisCounterReader(client, system.topic).positions()
    return positions is not None and all(positions.applied.get(p, 0) >= end for p, end in ends.items())


def _are_at_it(problems: Sequence[str]) -> bool:
    return all(problem.startswith(UNSETTLED) for problem in problems)


def _verified(system: System) -> list[str]:
    done = system.run("verify", "--deep", "--complete", "--json")
    if not done.stdout:
        return [f"verify: exit code {done.returncode}: {done.stderr[-1_000:]}"]
    report: dict[str, Any] = json.loads(done.stdout)
    violations = [
        "verify: partition {partition}, offset {offset}: {problem}".format(**violation)
        for violation in report["violations"]
    ]
    return violations + [f"{UNSETTLED} {reason}" for reason in report["unsettled"]]


def _counted(system: System, sent: Sent) -> Iterator[str]:
    rows = system.rows()
    found = Counter(zip(rows["partition"].to_pylist(), rows["offset"].to_pylist(), strict=True))
    letters = system.dead_letters()
    for what, wrong in {
        "more than once in Parquet": {place for place, count in found.items() if count > 1},
        "sent, but not in Parquet": sent.tweets - found.keys(),
        "in Parquet, but no tweet that was sent": found.keys() - sent.tweets,
        "a bad record without a dead letter": sent.planted - letters,
        "a dead letter of a good record": letters - sent.planted,
    }.items():
        if wrong:
            yield f"{what}: {len(wrong)} records, such as {sorted(wrong)[:SHOWN]}"
    totals = system.counted()
    wanted = (len(sent.tweets), len(sent.planted))
    if (totals.rows, totals.rejected) != wanted:
        yield f"Redis counts {totals.rows} rows and {totals.rejected} rejected; sent were {wanted}"
