"""The models that ship with Bad Buzz: each directory is a model version as a registry stores it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from badbuzz.errors import Misconfigured
from model_registry.package.manifest import MANIFEST
from model_registry.store.registry import PRODUCTION

if TYPE_CHECKING:
    from model_registry.package.refs import ModelRef
    from model_registry.store.registry import Registry


def list_bundled_models() -> list[Path]:
    """Return the directories of the shipped models."""
    return sorted(manifest.parent for manifest in Path(__file__).parent.glob(f"*/{MANIFEST}"))


def ensure_bundled(registry: Registry) -> list[ModelRef]:
    """Import the shipped models if the registry lacks them, and promote each whose model has no ``production`` alias yet.

    :raises Misconfigured: if this installation ships no model.
    """
    directories = list_bundled_models()
    if not directories:
        raise Misconfigured("this installation ships no model; train one with `badbuzz train run NAME`")
    refs = [registry.import_directory(path) for path in directories]
    for ref in refs:
        if not registry.history(ref.name).get(PRODUCTION):
            registry.promote(ref, PRODUCTION)
    return refs
