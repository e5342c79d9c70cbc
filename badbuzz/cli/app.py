"""The command ``badbuzz``: its sub-commands, error messages and exit codes."""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
from typing import TYPE_CHECKING

import click

from badbuzz import __version__
from badbuzz.errors import INTERRUPTED, OUTPUT_CLOSED, BadBuzzError, DependencyDown, Misconfigured, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

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
 130  ended by Ctrl-C before it was done
 141  the reader of the output is gone

Shell completion: eval "$(_BADBUZZ_COMPLETE=bash_source badbuzz)" (or zsh_source, fish_source).
"""


_OUTPUT_FAILED = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Errors of writing to a pipe, a terminal or a file. Other parts of the product turn theirs into errors of their own."""


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. An expected error becomes one message on stderr and its exit code."""
    _escape_what_the_terminal_cannot_show()
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
        _flush()
    except OSError as error:
        if error.errno not in _OUTPUT_FAILED:
            raise
        _discard_output()
        code = OUTPUT_CLOSED
        if error.errno != errno.EPIPE:
            os.write(2, f"badbuzz: the output cannot be written: {error.strerror}\n".encode())
            code = DependencyDown.exit_code
    sys.exit(code)


def _run(arguments: Sequence[str]) -> int:
    try:
        _check_variables(arguments)
        code = app.main([*arguments], prog_name="badbuzz", standalone_mode=False)
    except BadBuzzError as error:
        click.echo(f"badbuzz: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return Usage.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except SystemExit as left:  # click and rich exit with 1 if the reader of the output is gone
        return OUTPUT_CLOSED if left.code == 1 else _to_code(left.code)
    return _to_code(code)


def _to_code(code: object) -> int:
    return code if isinstance(code, int) else 0


def _check_variables(arguments: Sequence[str]) -> None:
    """Report environment variables that no setting reads: a misspelt one would be ignored.

    :raises Misconfigured: if a name is similar to that of a setting, or names one of our sections.
    """
    if not arguments or arguments[0] not in COMMANDS or arguments[0] == "config" or "--help" in arguments:
        return
    from badbuzz.cli.config.variables import find_unknown

    unknown = find_unknown()
    if wrong := [variable for variable in unknown if variable.is_ours]:
        raise Misconfigured("\n".join(map(str, wrong)))
    for variable in unknown:
        click.echo(f"badbuzz: warning: {variable}", err=True)


def _escape_what_the_terminal_cannot_show() -> None:
    """Write characters that the terminal's encoding lacks as escapes, instead of failing on them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def _discard_output() -> None:
    """Discard what is still buffered, so that Python's exit does not fail on it."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(null, stream.fileno())
