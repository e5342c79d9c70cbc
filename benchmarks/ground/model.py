"""The model that ships and is deployed by default: what every figure is measured with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.settings import Settings
from model_registry.bundled import bundled_models
from model_registry.directory import read_directory
from model_registry.refs import parse_ref

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.artifact import Artifact


def shipped_folder() -> Path:
    """Where its files are."""
    name = parse_ref(Settings.model_fields["model"].default).name
    return next(folder for folder in bundled_models() if folder.name == name)


def shipped_model() -> Artifact:
    """Read it."""
    folder = shipped_folder()
    return read_directory(folder).open(str(folder))
