from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from badbuzz.cli.app import app
from badbuzz.cli.demo.next_steps import describe_files, suggest_commands, suggest_live_commands

if TYPE_CHECKING:
    from badbuzz.cli.demo.folder import DemoFolder


def test_the_list_of_files_names_existing_files(folder: DemoFolder) -> None:
    text = describe_files(folder)
    for path in (folder.scored, folder.registry, folder.brands, folder.logs, folder.queries):
        assert f"  a run/{path.name} " in text


def parsed(command: click.Command, arguments: list[str]) -> list[str]:
    """The names of the commands that a command line calls; parsing runs none of them."""
    context = command.make_context(command.name, arguments)
    if not isinstance(command, click.Group):
        return []
    name, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
    assert inner is not None
    return [str(name), *parsed(inner, rest)]


def test_the_suggested_commands_are_valid(folder: DemoFolder) -> None:
    Path("training.1600000.processed.noemoticon.csv").touch()
    text = (
        suggest_live_commands(folder, {"BADBUZZ_REDIS__URL": "redis://127.0.0.1:1/0"})
        + "\n"
        + suggest_commands(folder)
    )
    lines = [shlex.split(line, comments=True) for line in text.splitlines()]
    called = [parsed(app, words[1:]) for words in lines if words and words[0].endswith("badbuzz")]
    assert called == [["produce", "replay"], ["rates"], ["work"], ["demo"], ["models", "show"]]


def test_the_suggested_query_runs(folder: DemoFolder, scored: Path) -> None:
    scored.rename(folder.scored)
    (line,) = [line for line in suggest_commands(folder).splitlines() if "duckdb" in line]
    _, *arguments = shlex.split(line)
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)  # noqa: S603
    assert "score" in done.stdout
