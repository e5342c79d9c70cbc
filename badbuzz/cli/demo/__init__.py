"""``badbuzz demo``: the whole product on one machine, in a minute."""

from __future__ import annotations

import importlib.util
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from rich.console import Console


@click.command(short_help="Run everything on this machine for a minute.")
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tweets to replay: Sentiment140's CSV (plain, gzip or zip) or Parquet. Default: the shipped sample.",
)
@click.option(
    "--seconds",
    type=click.IntRange(10, 3_600),
    default=40,
    show_default=True,
    help="How long tweets are sent.",
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="New or empty folder for the demo's files. Default: the next runs/demo-N.",
)
def command(data: Path | None, seconds: int, folder: Path | None) -> int:
    """Start a broker, Valkey and two workers, replay tweets with a crisis, and verify the results.

    Needs only the packages of badbuzz[demo]. In a terminal, everything keeps running at the end until Ctrl-C; otherwise
    the demo ends by itself. Its processes end with it.
    """
    _require("duckdb")
    # Handle SIGTERM like Ctrl-C: by default it would end this process without any clean-up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    from rich.console import Console

    from badbuzz.cli.demo.demo_run import DemoRun, ReplayPlan
    from badbuzz.cli.demo.display import LiveDisplay, PlainDisplay
    from badbuzz.cli.demo.folder import SAMPLE, DemoFolder, relative_path
    from badbuzz.cli.demo.next_steps import describe_files, suggest_commands, suggest_live_commands
    from badbuzz.cli.demo.processes import DemoProcesses

    console = Console(highlight=False)
    is_interactive = console.is_terminal and sys.stdin.isatty()
    run_folder = DemoFolder.make(folder)
    plan = ReplayPlan((data or SAMPLE).absolute(), seconds)
    console.print(
        f"Starting a broker, Valkey and two workers. All files are in {relative_path(run_folder.path)}."
    )
    with DemoProcesses(run_folder) as processes:
        processes.start_workers()
        run = DemoRun(plan, run_folder, processes, console)
        run.replay(LiveDisplay(console) if console.is_terminal else PlainDisplay(console))
        code = run.verify()
        run.report()
        _print_section(console, "Files", describe_files(run_folder))
        _print_section(console, "What to try next", suggest_commands(run_folder))
        if is_interactive:
            title = "In another terminal, while everything keeps running until you press Ctrl-C"
            _print_section(console, title, suggest_live_commands(run_folder, processes.environment))
            run.wait_for_interrupt()
    return code


def _print_section(console: Console, title: str, text: str) -> None:
    console.print(f"\n{title}", style="bold")
    console.print(text, markup=False, soft_wrap=True)


def _require(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise Misconfigured(f"the demo needs the package {package}: install badbuzz[demo]")
