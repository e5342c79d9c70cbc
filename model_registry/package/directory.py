"""A model version as a plain directory. Somebody may have sent it: nothing in it is trusted."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from badbuzz.errors import Misconfigured, ModelRefused
from model_registry.package.manifest import MANIFEST, MAX_MANIFEST_BYTES, Manifest
from model_registry.package.package import Package, check_names

if TYPE_CHECKING:
    from pathlib import Path


def read_directory(path: Path) -> Package:
    """Read a model's files: regular files of the expected sizes only, no links, no folders.

    :raises ModelRefused: if the directory is no model, or holds anything else or anything larger.
    """
    source = str(path)
    names = _list(path)
    if MANIFEST not in names:
        raise ModelRefused(f"{source}: has no {MANIFEST}; this is no Bad Buzz model")
    manifest = Manifest.read(_read_regular(path / MANIFEST, MAX_MANIFEST_BYTES), source=source)
    check_names(manifest, names, source)
    return Package(
        manifest, {name: _read_regular(path / name, entry.bytes) for name, entry in manifest.files.items()}
    )


def write_directory(package: Package, path: Path) -> None:
    """Write a model's files into ``path``, the manifest last: a directory with a manifest is whole.

    :raises Misconfigured: if ``path`` is there already and not empty, or cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise Misconfigured(
                f"{path}: not empty; a model version is never written over, name another directory"
            )
        for name, content in package.files.items():
            (path / name).write_bytes(content)
        (path / MANIFEST).write_bytes(package.manifest.to_bytes())
    except OSError as error:
        raise Misconfigured(f"{path}: the model cannot be written: {error}") from None


def _list(path: Path) -> set[str]:
    try:
        return {entry.name for entry in path.iterdir()}
    except OSError as error:
        raise ModelRefused(f"{path}: the model directory cannot be read: {error.strerror}") from None


def _read_regular(path: Path, limit: int) -> bytes:
    """Open first and look then, so that nobody can swap the file between the look and the reading."""
    try:
        with open(path, "rb", opener=_open_unfollowed) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ModelRefused(f"{path}: expected a regular file, no device or pipe")
            if status.st_size > limit:
                raise ModelRefused(f"{path}: {status.st_size:,} bytes long, at most {limit:,} expected")
            return file.read(limit)
    except OSError as error:
        raise ModelRefused(f"{path}: expected a regular file: {error.strerror}") from None


def _open_unfollowed(path: str, flags: int) -> int:
    """Follow no link, and wait for no pipe's other end."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
