"""The play in four acts: traffic with a crisis in it, the drain, the proof, what to try next."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from threading import Event as Never
from typing import TYPE_CHECKING, Final

from badbuzz.brands import BrandMatcher
from badbuzz.cli.demo.alarm import Alarms
from badbuzz.cli.demo.observer import Observer
from badbuzz.cli.demo.report import report, write_sql
from badbuzz.cli.demo.stage import BADBUZZ, Stage
from badbuzz.clients.rates import RateReader
from badbuzz.clients.redis_client import connect_redis
from badbuzz.errors import DependencyDown
from badbuzz.system.child_process import bind_to_parent

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from badbuzz.cli.demo.folder import DemoFolder
    from badbuzz.cli.demo.observer import Snapshot
    from badbuzz.cli.demo.view import View

TWEETS_PER_SECOND: Final = 1_000
CRISIS_BRAND: Final = "airparadis"
CRISIS_SHARE: Final = 0.75
_CRISIS_BEGINS: Final = 1 / 3
_CRISIS_LASTS: Final = 0.4
"""As shares of the whole: time to see how it was before, and how it is afterwards."""

_LOOK_EVERY_S: Final = 0.5
_DRAIN_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played: a file of tweets, over and over, for so many seconds."""

    data: Path
    seconds: int

    @property
    def tweets(self) -> int:
        """How many tweets that makes."""
        return self.seconds * TWEETS_PER_SECOND

    @property
    def crisis_at(self) -> int:
        """When the crisis begins, in seconds after the start."""
        return round(self.seconds * _CRISIS_BEGINS)

    def arguments(self) -> list[str]:
        """The arguments of ``badbuzz produce`` that play it."""
        lasts = max(1, round(self.seconds * _CRISIS_LASTS))
        replay = f"--loop --rate {TWEETS_PER_SECOND} --limit {self.tweets}"
        crisis = f"--crisis {CRISIS_BRAND} --at {self.crisis_at}s --for {lasts}s --share {CRISIS_SHARE}"
        return ["replay", str(self.data), *replay.split(), *crisis.split()]


class Demo:
    """One run, from traffic to proof."""

    def __init__(self, plan: Plan, folder: DemoFolder, stage: Stage, console: Console) -> None:
        self._plan = plan
        self._folder = folder
        self._stage = stage
        self._console = console
        self._alarms = Alarms()
        rates = RateReader(connect_redis(stage.settings.redis), stage.settings.kafka.topic)
        brands = BrandMatcher.from_yaml(folder.brands).names
        self._observer = Observer(rates, brands, stage.metrics)

    def play(self, view: View) -> None:
        """Send the tweets and show what becomes of them, until the last one is scored and published.

        :raises DependencyDown: if a process ends before its time.
        """
        rejects = self._folder.path / "rejected.jsonl"
        producer = self._stage.start_producer([*self._plan.arguments(), "--rejects", str(rejects)])
        with view:
            view.say(f"In {self._plan.crisis_at} s, people turn against {CRISIS_BRAND}.", "dim")
            while producer.running():
                self._look(view)
            deadline = time.monotonic() + _DRAIN_TIMEOUT_S
            while not self._drained(self._look(view)):
                if time.monotonic() > deadline:
                    raise DependencyDown(
                        f"tweets are left after {_DRAIN_TIMEOUT_S:.0f} s; see the workers' logs"
                    )
            view.say("All tweets are scored; the workers publish their last files and leave.", "dim")
        self._stage.stop_workers()

    def prove(self) -> int:
        """Run ``badbuzz verify``; return its exit code."""
        self._console.print("\n$ badbuzz verify --complete", style="bold")
        verify = bind_to_parent([*BADBUZZ, "verify", "--complete"])
        return subprocess.run(verify, cwd=self._folder.path, check=False).returncode  # noqa: S603 - our own command line

    def report(self) -> None:
        """Query the Parquet files."""
        write_sql(self._folder.queries, self._folder.scored)
        self._console.print("\nDuckDB over the Parquet files", style="bold")
        report(self._folder.scored, self._console)

    def hold(self) -> None:
        """Keep everything running until somebody presses Ctrl-C."""
        try:
            self._stage.start_workers()
            Never().wait()
        except KeyboardInterrupt:
            self._console.print("Stopping.")

    def _look(self, view: View) -> Snapshot:
        self._stage.check()
        snapshot = self._observer.look()
        for event in self._alarms.update(snapshot.rates):
            minutes, seconds = divmod(int(snapshot.elapsed_s), 60)
            view.say(f"{minutes}:{seconds:02}  {event}", "bold red" if event.raised else "green")
        view.show(snapshot, self._alarms.raised)
        time.sleep(_LOOK_EVERY_S)
        return snapshot

    def _drained(self, snapshot: Snapshot) -> bool:
        return snapshot.scored >= self._plan.tweets and snapshot.lag == 0
