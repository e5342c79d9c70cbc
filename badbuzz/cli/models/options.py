"""The option ``--registry`` of the sub-commands of ``badbuzz models``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from model_registry.store.registry import Registry

registry_option = click.option(
    "--registry",
    "registry_url",
    metavar="URL",
    help="A path, s3://, gs:// or az://. [default: BADBUZZ_REGISTRY__URL]",
)


def open_registry(url: str | None) -> Registry:
    """Open the registry at ``url``; None stands for the one in the settings."""
    from badbuzz.settings import load_settings
    from model_registry.store.registry import Registry

    return Registry.open(url or load_settings().registry.url)
