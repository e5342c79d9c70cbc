"""Writes a model as a plain directory, as the registry's user gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_registry.package.manifest import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.package.package import Package


def write_directory(package: Package, path: Path) -> None:
    """Write the files of a package into a new directory."""
    path.mkdir(parents=True)
    for name, content in package.files.items():
        (path / name).write_bytes(content)
    (path / MANIFEST).write_bytes(package.manifest.to_bytes())
