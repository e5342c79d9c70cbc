"""``badbuzz models``: list, deploy, check and evaluate the models of a registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from badbuzz.cli.models.evaluate import evaluate
from badbuzz.cli.options import open_registry, registry_option
from badbuzz.errors import Misconfigured, ModelRefused, Usage

if TYPE_CHECKING:
    from model_registry.package.refs import ModelRef
    from model_registry.store.registry import Registry

_alias = click.option("--alias", default="production", show_default=True, help="The alias to move.")


@click.group(
    epilog="A model is named NAME:VERSION, such as tweet_sentiment_stacked:3, or NAME@ALIAS, such as "
    "tweet_sentiment_stacked@production."
)
def command() -> None:
    """List, deploy, check and evaluate models."""


command.add_command(evaluate)


@command.command("list", short_help="List all versions and the aliases that point to them.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@registry_option
def list_models(registry_url: str | None, as_json: bool) -> None:
    """List all versions of all models, and the aliases that point to them."""
    from badbuzz.cli.models.tables import print_list, to_json

    listed = open_registry(registry_url).list()
    if as_json:
        click.echo(json.dumps([to_json(version) for version in listed], indent=1))
        return
    if not listed:
        click.echo("The registry is empty: fill it with `badbuzz models import --bundled`.", err=True)
        return
    print_list(listed)


@command.command(short_help="Show a version: its network, quality and provenance.")
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
@registry_option
def show(registry_url: str | None, ref: str, as_json: bool) -> None:
    """Show the manifest of REF (its network, quality and provenance) and how the aliases of its model moved."""
    from badbuzz.cli.models.tables import print_history, print_manifest

    registry = open_registry(registry_url)
    manifest = registry.read_manifest(registry.resolve(ref))
    if as_json:
        click.echo(manifest.to_bytes(), nl=False)
        return
    print_manifest(manifest)
    print_history(registry.history(manifest.name))


@command.command(short_help="Point an alias at a version.")
@click.argument("ref")
@_alias
@registry_option
def promote(registry_url: str | None, ref: str, alias: str) -> None:
    """Check REF and point an alias at it. Running workers follow within seconds."""
    registry = open_registry(registry_url)
    found = registry.resolve(ref)
    registry.promote(found, alias)
    click.echo(f"{found.name}@{alias} points to {found}")


@command.command(short_help="Undo the last promotion of an alias.")
@click.argument("name")
@_alias
@registry_option
def rollback(registry_url: str | None, name: str, alias: str) -> None:
    """Point an alias of model NAME back at the version before its last promotion.

    Each further rollback undoes one more promotion.
    """
    click.echo(f"{name}@{alias} points to {open_registry(registry_url).rollback(name, alias)} again")


@command.command(short_help="Check every file of versions against their manifests.")
@click.argument("refs", nargs=-1, metavar="[REF]...")
@registry_option
def verify(registry_url: str | None, refs: tuple[str, ...]) -> None:
    """Load each REF (default: all versions) and check every file. Exit with 78 if a version is refused."""
    registry = open_registry(registry_url)
    checked = [registry.resolve(ref) for ref in refs] or [listed.ref for listed in registry.list()]
    refused = [ref for ref in checked if not _verify_version(registry, ref)]
    if refused:
        raise ModelRefused(
            f"refused {len(refused)} of {len(checked)} versions: {', '.join(map(str, refused))}"
        )


@command.command("import", short_help="Import a model directory, or the shipped models.")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--bundled",
    is_flag=True,
    help="Import the models that ship with Bad Buzz; promote them if nothing is in production.",
)
@registry_option
def import_model(registry_url: str | None, directory: Path | None, bundled: bool) -> None:
    """Check the model in DIRECTORY and publish it as the next version, unless the registry has it already."""
    from model_registry.bundled import ensure_bundled

    if bundled == (directory is not None):
        raise Usage("badbuzz models import: give either a DIRECTORY or --bundled")
    registry = open_registry(registry_url)
    for ref in ensure_bundled(registry) if directory is None else [registry.import_directory(directory)]:
        click.echo(f"imported {ref}")


def _verify_version(registry: Registry, ref: ModelRef) -> bool:
    try:
        registry.load(ref)
    except Misconfigured as problem:
        click.echo(f"{ref}: refused: {problem}")
        return False
    click.echo(f"{ref}: ok")
    return True
