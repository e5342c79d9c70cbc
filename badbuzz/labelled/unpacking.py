"""Reads a file that may be gzipped, or the only one in a zip file."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from badbuzz.errors import DataRefused

if TYPE_CHECKING:
    from pathlib import Path

_GZIP_MAGIC: Final = b"\x1f\x8b"
_ZIP_MAGIC: Final = b"PK\x03\x04"


def unpack(path: Path) -> bytes:
    """Read a file whole and undo what packs it.

    :raises DataRefused: if it cannot be read or unpacked, is empty, or is a zip file of several.
    """
    try:
        content = path.read_bytes()
        if content.startswith(_ZIP_MAGIC):
            content = _only_member(path)
        if content.startswith(_GZIP_MAGIC):
            content = gzip.decompress(content)
    # zipfile's RuntimeError: a password is asked for, or a kind of compression that it does not know.
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
        raise DataRefused(f"{path}: cannot be read: {error}") from None
    if not content.strip():
        raise DataRefused(f"{path}: is empty")
    return content


def _only_member(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.namelist() if not member.endswith("/")]
        if len(members) != 1:
            raise DataRefused(
                f"{path}: holds {len(members)} files ({', '.join(members[:5])}); unpack the one that you mean"
            )
        return archive.read(members[0])
