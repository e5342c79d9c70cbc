"""Opening a file so that it can be read in several places at once: a packed one goes into a temporary file."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, Final

from badbuzz.errors import DataRefused, Misconfigured

GZIP: Final = b"\x1f\x8b"
ZIP: Final = b"PK\x03\x04"
PARQUET: Final = b"PAR1"

_CHUNK: Final = 1 << 20
_BUFFER: Final = 1 << 18
"""Each refill lets go of the interpreter, and waits to get it back from the thread that sends: few large ones are faster."""


class SeekableFile:
    """A plain, gzip or zip file (told apart by content, not by name) of which many readers can be opened.

    Of a zip archive it is the largest ``.csv``: Sentiment140's holds a small test file as well.

    :raises DataRefused: if the file is empty, damaged, or holds no CSV.
    :raises Misconfigured: if it cannot be read, or there is no room to unpack it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unpacked: IO[bytes] | None = None
        kind = magic(path)
        if kind.startswith((GZIP, ZIP)):
            self._unpacked = _unpack(path, kind)

    def open(self) -> IO[bytes]:
        """A new reader, at the start."""
        name = self.path if self._unpacked is None else self._unpacked.name
        return Path(name).open("rb", buffering=_BUFFER)

    def close(self) -> None:
        """Remove what was unpacked."""
        if self._unpacked is not None:
            self._unpacked.close()


def magic(path: Path) -> bytes:
    """The first four bytes of a file, which tell its format.

    :raises DataRefused: if it is empty.
    :raises Misconfigured: if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}") from None
    if not start:
        raise DataRefused(f"{path} is empty; expected a CSV in Sentiment140's layout or a Parquet file")
    return start


def _unpack(path: Path, kind: bytes) -> IO[bytes]:
    unpacked = tempfile.NamedTemporaryFile(prefix="badbuzz-replay-")  # noqa: SIM115 - lives as long as the replay
    try:
        with gzip.open(path) if kind.startswith(GZIP) else _largest_csv(path) as packed:
            shutil.copyfileobj(packed, unpacked, _CHUNK)
        unpacked.flush()
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        unpacked.close()
        raise DataRefused(
            f"{path} cannot be unpacked: {error}; it is damaged or encrypted, fetch it again"
        ) from None
    except OSError as error:
        unpacked.close()
        folder = tempfile.gettempdir()
        raise Misconfigured(
            f"{path} cannot be unpacked into {folder}: {error.strerror}; point TMPDIR to a larger disk"
        ) from None
    except BaseException:
        unpacked.close()
        raise
    return unpacked


def _largest_csv(path: Path) -> IO[bytes]:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if member.filename.lower().endswith(".csv")]
        if not members:
            raise DataRefused(
                f"{path} holds no .csv file, only {', '.join(archive.namelist()[:5]) or 'nothing'}"
            )
        return archive.open(max(members, key=lambda member: member.file_size))
