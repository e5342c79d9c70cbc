"""``badbuzz models``: what is in the registry, what is deployed, and how good it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from badbuzz.cli.models.evaluate import evaluate
from badbuzz.cli.models.options import in_registry, registry_at
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
@in_registry
def list_models(registry_url: str | None, as_json: bool) -> None:
    """List all versions of all models, and the aliases that point to them."""
    from badbuzz.cli.models.tables import print_list, row_of

    listed = registry_at(registry_url).list()
    if as_json:
        click.echo(json.dumps([row_of(one) for one in listed], indent=1))
        return
    if not listed:
        click.echo("The registry is empty: fill it with `badbuzz models import --bundled`.", err=True)
        return
    print_list(listed)


@command.command(short_help="Show a version: what it is, how good, where it comes from.")
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
@in_registry
def show(registry_url: str | None, ref: str, as_json: bool) -> None:
    """Show the manifest of REF: what it is, how good, and where it comes from; and how its aliases moved."""
    from badbuzz.cli.models.tables import print_history, print_manifest

    registry = registry_at(registry_url)
    manifest = registry.manifest(registry.resolve(ref))
    if as_json:
        click.echo(manifest.to_bytes(), nl=False)
        return
    print_manifest(manifest)
    print_history(registry.history(manifest.name))


@command.command(short_help="Point an alias at a version.")
@click.argument("ref")
@_alias
@in_registry
def promote(registry_url: str | None, ref: str, alias: str) -> None:
    """Check REF and point an alias at it. Running workers follow within seconds."""
    registry = registry_at(registry_url)
    found = registry.resolve(ref)
    registry.promote(found, alias)
    click.echo(f"{found.name}@{alias} points to {found}")


@command.command(short_help="Point an alias back at where it was before.")
@click.argument("name")
@_alias
@in_registry
def rollback(registry_url: str | None, name: str, alias: str) -> None:
    """Point an alias of model NAME back at where it was before its latest promotion.

    Once more, and it goes back one promotion further.
    """
    click.echo(f"{name}@{alias} points to {registry_at(registry_url).rollback(name, alias)} again")


@command.command(short_help="Check every file of versions against their manifests.")
@click.argument("refs", nargs=-1, metavar="[REF]...")
@in_registry
def verify(registry_url: str | None, refs: tuple[str, ...]) -> None:
    """Load each REF (without one: all) and check every file; exit 78 if a version is refused."""
    registry = registry_at(registry_url)
    found = [registry.resolve(ref) for ref in refs] or [listed.ref for listed in registry.list()]
    refused = [ref for ref in found if not _verified(registry, ref)]
    if refused:
        raise ModelRefused(f"refused {len(refused)} of {len(found)} versions: {', '.join(map(str, refused))}")


@command.command("import", short_help="Take in a model directory, or the shipped model.")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--bundled", is_flag=True, help="Import what ships with Bad Buzz; make it production if nothing is."
)
@in_registry
def import_model(registry_url: str | None, directory: Path | None, bundled: bool) -> None:
    """Check the model in DIRECTORY and publish it as the next version. One that is here already stays as it is."""
    from model_registry.bundled import ensure_bundled

    if bundled == (directory is not None):
        raise Usage("badbuzz models import: name a DIRECTORY or say --bundled, one of them")
    registry = registry_at(registry_url)
    for ref in ensure_bundled(registry) if directory is None else [registry.import_directory(directory)]:
        click.echo(f"imported {ref}")


def _verified(registry: Registry, ref: ModelRef) -> bool:
    try:
        registry.verify(ref)
    except Misconfigured as problem:
        click.echo(f"{ref}: refused: {problem}")
        return False
    click.echo(f"{ref}: ok")
    return True
