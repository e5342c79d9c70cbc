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


@click.command(short_help="See it work: everything on this machine, in a minute.")
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tweets to replay: Sentiment140's CSV (plain, gzip or zip) or Parquet. Default: the sample that ships.",
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
    help="Empty or new folder for all that the demo writes. Default: the next runs/demo-N.",
)
def command(data: Path | None, seconds: int, folder: Path | None) -> int:
    """Start a broker, Valkey and two workers on this machine, replay tweets, stage a crisis, and prove the outcome.

    Needs nothing but the packages of badbuzz[demo]. At a terminal everything keeps running at the end, until Ctrl-C;
    otherwise the demo ends by itself. Nothing it started outlives it.
    """
    _require("duckdb")
    # Popen, rich and click know how to end on Ctrl-C; a plain SIGTERM would end us without any cleaning up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    from rich.console import Console

    from badbuzz.cli.demo.farewell import afterwards, whereabouts, while_it_runs
    from badbuzz.cli.demo.folder import SAMPLE, DemoFolder, shown
    from badbuzz.cli.demo.run import Demo, Plan
    from badbuzz.cli.demo.stage import Stage
    from badbuzz.cli.demo.view import LiveView, PlainView

    console = Console(highlight=False)
    attended = console.is_terminal and sys.stdin.isatty()
    place = DemoFolder.make(folder)
    plan = Plan((data or SAMPLE).absolute(), seconds)
    console.print(f"Starting a broker, Valkey and two workers; all they write goes to {shown(place.path)}.")
    with Stage(place) as stage:
        stage.start_workers()
        demo = Demo(plan, place, stage, console)
        demo.play(LiveView(console) if console.is_terminal else PlainView(console))
        code = demo.prove()
        demo.report()
        _say(console, "Where everything lies", whereabouts(place))
        _say(console, "What to try next", afterwards(place))
        if attended:
            now = while_it_runs(place, stage.environment)
            _say(
                console,
                "And now, in another terminal, while everything keeps running until you press Ctrl-C",
                now,
            )
            demo.hold()
    return code


def _say(console: Console, title: str, text: str) -> None:
    console.print(f"\n{title}", style="bold")
    console.print(text, markup=False, soft_wrap=True)


def _require(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise Misconfigured(f"the demo needs the package {package}: install badbuzz[demo]")
