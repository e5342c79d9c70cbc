"""A model version as a plain directory: untrusted, because it may come from anyone."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from badbuzz.errors import ModelRefused
from model_registry.package.manifest import MANIFEST, MAX_MANIFEST_BYTES, Manifest
from model_registry.package.package import Package, check_names

if TYPE_CHECKING:
    from pathlib import Path


def read_directory(path: Path) -> Package:
    """Read a model's files: only regular files of the expected sizes, no links, no folders.

    :raises ModelRefused: if the directory is not a model, or holds unknown or too large files.
    """
    source = str(path)
    names = _list_names(path)
    if MANIFEST not in names:
        raise ModelRefused(f"{source}: has no {MANIFEST}; this is not a Bad Buzz model")
    manifest = Manifest.read(_read_regular(path / MANIFEST, MAX_MANIFEST_BYTES), source=source)
    check_names(manifest, names, source)
    return Package(
        manifest, {name: _read_regular(path / name, entry.bytes) for name, entry in manifest.files.items()}
    )


def _list_names(path: Path) -> set[str]:
    try:
        return {entry.name for entry in path.iterdir()}
    except OSError as error:
        raise ModelRefused(f"{path}: the model directory cannot be read: {error.strerror}") from None


def _read_regular(path: Path, limit: int) -> bytes:
    """Open the file before checking it, so that it cannot be replaced between check and read."""
    try:
        with open(path, "rb", opener=_open_without_following) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ModelRefused(f"{path}: expected a regular file, not a device or pipe")
            if status.st_size > limit:
                raise ModelRefused(f"{path}: {status.st_size:,} bytes long, at most {limit:,} expected")
            return file.read(limit)
    except OSError as error:
        raise ModelRefused(f"{path}: expected a regular file: {error.strerror}") from None


def _open_without_following(path: str, flags: int) -> int:
    """Open without following links, and without waiting for the other end of a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
