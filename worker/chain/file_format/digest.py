"""The digest of a file of scored rows: it covers every byte, so that any change after the file was written is found.

Parquet's page checksums, which are written too, leave out page headers, statistics, the schema and the footer. The digest is a
value of the file's key-value metadata. It is computed while its own 32 characters are zeros.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DIGEST_KEY: Final = b"badbuzz_digest"
_LENGTH: Final = 32
BLANK_DIGEST: Final = b"0" * _LENGTH

_STORED: Final = re.compile(re.escape(DIGEST_KEY) + rb"\x18\x20(.{32})", re.DOTALL)
"""Thrift's compact encoding of the key, and of a binary field of 32 bytes."""

_CHUNK_BYTES: Final = 8 * 2**20


def find_digest(tail: bytes, size: int) -> tuple[int, bytes] | None:
    """Find the digest in the last bytes of a file of ``size`` bytes. Return its position in the file, and its value."""
    found = list(_STORED.finditer(tail))
    return (size - len(tail) + found[-1].start(1), found[-1][1]) if found else None


def compute_digest(read: Callable[[int, int], bytes], size: int, position: int) -> bytes:
    """Compute the digest of a file whose digest is at ``position``.

    :param read: returns the bytes from a start to an end.
    """
    digest = hashlib.blake2b(digest_size=_LENGTH // 2)
    for chunk in _read_chunks(read, 0, position):
        digest.update(chunk)
    digest.update(BLANK_DIGEST)
    for chunk in _read_chunks(read, position + _LENGTH, size):
        digest.update(chunk)
    return digest.hexdigest().encode()


def seal_content(content: bytes) -> bytes:
    """Return the content of a file with its digest in the place of the blank one.

    :raises ValueError: if it has no blank digest.
    """
    position, digest = _compute_for_blank(lambda start, end: content[start:end], len(content))
    return b"".join((content[:position], digest, content[position + _LENGTH :]))


def seal_file(path: Path) -> None:
    """Write the digest of a local file into it.

    :raises ValueError: if it has no blank digest.
    """
    with path.open("r+b") as file:

        def read(start: int, end: int) -> bytes:
            file.seek(start)
            return file.read(end - start)

        position, digest = _compute_for_blank(read, path.stat().st_size)
        file.seek(position)
        file.write(digest)


def _compute_for_blank(read: Callable[[int, int], bytes], size: int) -> tuple[int, bytes]:
    footer_bytes = int.from_bytes(read(size - 8, size - 4), "little")
    found = find_digest(read(size - 8 - footer_bytes, size), size)
    if found is None or found[1] != BLANK_DIGEST:
        raise ValueError("a file without a blank digest")
    return found[0], compute_digest(read, size, found[0])


def _read_chunks(read: Callable[[int, int], bytes], start: int, end: int) -> Iterator[bytes]:
    for first in range(start, end, _CHUNK_BYTES):
        yield read(first, min(first + _CHUNK_BYTES, end))
