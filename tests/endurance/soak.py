"""Full speed for a long time, and every few seconds a worker dies."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

from tests.endurance.evidence import examine
from tests.endurance.load import Load, ahead
from tests.endurance.memory import MemoryWatch, beyond_bound, summary
from tests.endurance.stage import open_stage, tell
from tests.endurance.team import Team

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from tests.endurance.stage import Stage

PARTITIONS = 6
BACKLOG = 200_000
"""Records that wait at any time: what two workers do in ten seconds, so that none ever finds nothing to do."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, default=30, help="default: %(default)s")
    parser.add_argument("--kill-every", type=float, default=20, metavar="S", help="default: %(default)s s")
    parser.add_argument("--workers", type=int, default=2, help="that may be killed; default: %(default)s")
    parser.add_argument("--seed", type=int, default=7, help="of the choice of victims; default: %(default)s")
    parser.add_argument("--deep", action="store_true", help="compare every id with its record's at the end")


def run(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Feed, kill, drain, and compare. One more worker is spared: it lives through all of it, and tells whether memory grows."""
    with open_stage(folder, PARTITIONS, {}) as stage, Team(stage) as team:
        load = Load(stage, ahead(stage.counted, BACKLOG), options.seed).start()
        spared = team.add()
        for _ in range(options.workers):
            team.add()
        stage.await_counted(1)
        with MemoryWatch(team.living) as memory:
            began, counted = time.monotonic(), stage.counted()
            kills = _kill_now_and_then(stage, team, options)
            rate = (stage.counted() - counted) / (time.monotonic() - began)
            load.stop()
            stage.await_counted(load.sent)
            for member in list(team.members):
                team.stop(member)
        tell(f"drained: {load.sent} records; comparing")
        evidence = examine(stage, load, deep=options.deep)
        team.look_for_tracebacks()
    return {
        "minutes": options.minutes,
        "kills": kills,
        "rows_in": evidence.rows_in,
        "rows_out": evidence.rows_out,
        "dead_letters": evidence.dead_letters,
        "violations": [*team.violations, *evidence.violations, *beyond_bound(memory.samples)],
        "tweets_per_second": round(rate),
        "rss_mb": summary(memory.samples),
        "rss_mb_of_the_spared": summary(memory.of(spared.pid)),
    }


def _kill_now_and_then(stage: Stage, team: Team, options: argparse.Namespace) -> int:
    """For all the minutes; the first member is spared."""
    random = Random(options.seed)
    end, kills = time.monotonic() + 60 * options.minutes, 0
    while time.monotonic() + options.kill_every < end:
        time.sleep(options.kill_every)
        victim = random.choice(team.members[1:])
        team.kill(victim)
        team.add()
        kills += 1
        tell(f"{kills} kills, {stage.counted()} counted, last {victim.name}")
    time.sleep(max(0.0, end - time.monotonic()))
    return kills
