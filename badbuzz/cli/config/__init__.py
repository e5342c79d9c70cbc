"""``badbuzz config``: shows and checks the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from badbuzz.cli.config.variables import Variable


@click.group(
    epilog="Each setting is an environment variable, or a line of the file .env in the working directory."
)
def command() -> None:
    """Show the settings, or check them."""


@command.command(short_help="Print the settings, with secrets masked.")
def show() -> None:
    """Print each setting as a line of .env, with its origin. Secrets are masked.

    The settings of live streams and of Azure are included.
    """
    from badbuzz.cli.config.variables import find_unknown
    from badbuzz.settings.values import mask_value

    lines = []
    for variable, origin in _list_with_origin():
        comment = "#" if variable.value is None else ""
        shown = mask_value(variable.value, variable.field)
        lines.append((f"{comment}{variable.name}={shown}", origin))
    width = max(len(line) for line, _ in lines)
    for line, origin in lines:
        click.echo(f"{line:<{width}}  # {origin}")
    for unknown in find_unknown():
        click.echo(f"badbuzz: {unknown}", err=True)


@command.command(short_help="Report wrong settings.")
@click.option(
    "--connect",
    is_flag=True,
    help="Also contact Kafka, Redis, the storage and the registry, and check the rights.",
)
def check(connect: bool) -> int:
    r"""Check each setting, and the files and the model that the settings name. Print a line for each check.

    Without --connect, nothing is contacted over the network.

    \b
    Exit codes: 0 all is correct, 78 a setting or a right is wrong, 65 stored data is broken,
    69 a dependency is down.
    """
    from badbuzz.cli.config.checks import run_checks

    if not connect:
        return run_checks()
    from badbuzz.cli.config.connections import list_connection_checks

    return run_checks(list_connection_checks)


def _list_with_origin() -> Iterator[tuple[Variable, str]]:
    from pydantic_settings import EnvSettingsSource

    from badbuzz.cli.config.variables import list_settings_classes, list_variables
    from badbuzz.settings import load_as

    for kind in list_settings_classes():
        prefix = str(kind.model_config["env_prefix"])
        environment = {name.upper() for name in EnvSettingsSource(kind).env_vars}
        for variable in list_variables(load_as(kind), prefix):
            section = variable.name.removeprefix(prefix).split("__", maxsplit=1)[0]
            by_environment = {variable.name, prefix + section} & environment
            origin = ("environment" if by_environment else ".env") if variable.is_set else "default"
            yield variable, origin
