"""The command ``badbuzz``: its sub-commands, error messages and exit codes."""

from __future__ import annotations

import importlib
import sys

import click

from badbuzz import __version__
from badbuzz.errors import BadBuzzError, Usage

COMMANDS = {
    "demo": "badbuzz.cli.demo",
    "produce": "badbuzz.cli.produce",
    "work": "badbuzz.cli.work",
    "rates": "badbuzz.cli.rates",
    "verify": "badbuzz.cli.verify",
    "compact": "badbuzz.cli.compact",
    "dlq": "badbuzz.cli.dlq",
    "models": "badbuzz.cli.models",
    "train": "badbuzz.cli.train",
    "report": "badbuzz.cli.report",
    "config": "badbuzz.cli.config",
}
"""The sub-commands in the order of ``--help``, each with the module that has its ``command``."""

EPILOG = """\b
Exit codes:
   0  done, drained, or stopped on request
  64  the command line is wrong
  65  stored data is broken
  69  a dependency is down
  70  a worker got stuck; its stacks are on stderr; restart it
  75  try again
  78  a setting, credential or model is wrong

Shell completion: eval "$(_BADBUZZ_COMPLETE=bash_source badbuzz)" (or zsh_source, fish_source).
"""

INTERRUPTED = 130


class _LazyGroup(click.Group):
    """Imports a sub-command when it is called, so that ``badbuzz rates`` does not load a scoring engine."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command


@click.command(cls=_LazyGroup, epilog=EPILOG)
@click.version_option(__version__, prog_name="badbuzz")
def app() -> None:
    """Know within seconds that people have turned against a brand."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. An expected error becomes one message on stderr and its exit code."""
    try:
        code = app.main(arguments, prog_name="badbuzz", standalone_mode=False)
    except BadBuzzError as error:
        click.echo(f"badbuzz: {error}", err=True)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = Usage.exit_code
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    sys.exit(code if isinstance(code, int) else 0)
