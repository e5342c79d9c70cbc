"""One run of the demo: replay tweets with a crisis, wait until all are scored, verify, report."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Final

from badbuzz.brands import BrandMatcher
from badbuzz.cli.demo.alerts import AlertTracker
from badbuzz.cli.demo.report import print_report, write_sql
from badbuzz.cli.demo.snapshot import SnapshotReader
from badbuzz.clients.rates import RateReader
from badbuzz.clients.redis_client import connect_redis
from badbuzz.errors import DependencyDown
from badbuzz.system.child_process import bind_to_parent, build_badbuzz_command

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from badbuzz.cli.demo.display import Display
    from badbuzz.cli.demo.folder import DemoFolder
    from badbuzz.cli.demo.processes import DemoProcesses
    from badbuzz.cli.demo.snapshot import Snapshot

TWEETS_PER_SECOND: Final = 1_000
CRISIS_BRAND: Final = "airparadis"
CRISIS_SHARE: Final = 0.75
_CRISIS_START: Final = 1 / 3
_CRISIS_DURATION: Final = 0.4
"""Shares of the whole run: the time before and after the crisis is visible."""

_SNAPSHOT_EVERY_S: Final = 0.5
_DRAIN_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """What is replayed: a file of tweets, in a loop, for a number of seconds."""

    data: Path
    seconds: int

    @property
    def tweets(self) -> int:
        """The number of tweets."""
        return self.seconds * TWEETS_PER_SECOND

    @property
    def crisis_at(self) -> int:
        """The start of the crisis, in seconds after the start of the run."""
        return round(self.seconds * _CRISIS_START)

    def to_arguments(self) -> list[str]:
        """Return the arguments for ``badbuzz produce``."""
        duration = max(1, round(self.seconds * _CRISIS_DURATION))
        replay = f"--loop --rate {TWEETS_PER_SECOND} --limit {self.tweets}"
        crisis = f"--crisis {CRISIS_BRAND} --at {self.crisis_at}s --for {duration}s --share {CRISIS_SHARE}"
        return ["replay", str(self.data), *replay.split(), *crisis.split()]


class DemoRun:
    """One run, from the replay to the report."""

    def __init__(
        self, plan: ReplayPlan, folder: DemoFolder, processes: DemoProcesses, console: Console
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._processes = processes
        self._console = console
        self._alerts = AlertTracker()
        rates = RateReader(connect_redis(processes.settings.redis), processes.settings.kafka.topic)
        brands = BrandMatcher.from_yaml(folder.brands).names
        self._snapshots = SnapshotReader(rates, brands, processes.metrics_urls)

    def replay(self, display: Display) -> None:
        """Send the tweets and display the results until the last tweet is scored and published.

        :raises DependencyDown: if a process ends early or tweets are left over.
        """
        rejects = self._folder.path / "rejected.jsonl"
        producer = self._processes.start_producer([*self._plan.to_arguments(), "--rejects", str(rejects)])
        with display:
            display.print_line(f"In {self._plan.crisis_at} s, people turn against {CRISIS_BRAND}.", "dim")
            while producer.is_running():
                self._take_snapshot(display)
            deadline = time.monotonic() + _DRAIN_TIMEOUT_S
            while not self._is_drained(self._take_snapshot(display)):
                if time.monotonic() > deadline:
                    raise DependencyDown(
                        f"not all tweets were scored after {_DRAIN_TIMEOUT_S:.0f} s; see the workers' logs"
                    )
            display.print_line("All tweets are scored. The workers publish their last files and stop.", "dim")
        self._processes.stop_workers()

    def verify(self) -> int:
        """Run ``badbuzz verify``. Return its exit code."""
        self._console.print("\n$ badbuzz verify --complete", style="bold")
        verify = bind_to_parent(build_badbuzz_command("verify", "--complete"))
        return subprocess.run(verify, cwd=self._folder.path, check=False).returncode  # noqa: S603 - our own command line

    def report(self) -> None:
        """Print the report on the Parquet files."""
        write_sql(self._folder.queries, self._folder.scored)
        self._console.print("\nDuckDB over the Parquet files", style="bold")
        print_report(self._folder.scored, self._console)

    def wait_for_interrupt(self) -> None:
        """Keep everything running until Ctrl-C."""
        try:
            self._processes.start_workers()
            Event().wait()
        except KeyboardInterrupt:
            self._console.print("Stopping.")

    def _take_snapshot(self, display: Display) -> Snapshot:
        self._processes.check_workers()
        snapshot = self._snapshots.take_snapshot()
        for alert in self._alerts.update(snapshot.rates):
            minutes, seconds = divmod(int(snapshot.elapsed_s), 60)
            display.print_line(f"{minutes}:{seconds:02}  {alert}", "bold red" if alert.raised else "green")
        display.show(snapshot, self._alerts.raised)
        time.sleep(_SNAPSHOT_EVERY_S)
        return snapshot

    def _is_drained(self, snapshot: Snapshot) -> bool:
        return snapshot.scored >= self._plan.tweets and snapshot.lag == 0
