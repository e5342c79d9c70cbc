"""Changes a model directory in ways that must be refused."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import ModelRefused
from model_registry.package.directory import read_directory
from model_registry.package.manifest import MANIFEST, FileEntry, Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def file_entry(content: bytes) -> FileEntry:
    return FileEntry(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))


def rewrite_model(
    model: Path,
    files: Mapping[str, bytes] | None = None,
    entries: Mapping[str, FileEntry] | None = None,
    **changes: object,
) -> None:
    """Change files and manifest, with matching digests, so that only the content can reveal the change."""
    manifest = Manifest.read((model / MANIFEST).read_bytes(), source="here")
    named = dict(manifest.files) | dict(entries or {})
    for name, content in (files or {}).items():
        (model / name).write_bytes(content)
        named[name] = file_entry(content)
    (model / MANIFEST).write_bytes(manifest.model_copy(update={"files": named} | changes).to_bytes())


def get_refusal(model: Path) -> str:
    with pytest.raises(ModelRefused) as refused:
        read_directory(model).open(str(model))
    assert str(model) in str(refused.value)
    return str(refused.value)
