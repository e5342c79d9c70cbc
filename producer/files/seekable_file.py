"""A file that several readers can read at different places. A packed file is unpacked into a temporary file."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import IO, Final

from badbuzz.errors import DataRefused, Misconfigured
from badbuzz.labelled.unpacking import MAGIC_BYTES, is_packed, open_unpacked

_CHUNK_BYTES: Final = 1 << 20
_BUFFER_BYTES: Final = 1 << 18
"""Each refill releases the interpreter lock and waits for the sending thread to return it: a few large refills are faster."""


class SeekableFile:
    """The content of a plain, gzip or zip file (see :mod:`badbuzz.labelled.unpacking`).

    ``path`` is the file as given; ``plain_path`` holds its content.

    :raises DataRefused: if the file is empty or damaged, or a zip archive holds no file to read.
    :raises Misconfigured: if the file cannot be read, or the disk has no room to unpack it.
    """

    def __init__(self, path: Path) -> None:
        self.path = self.plain_path = path
        self._unpacked: IO[bytes] | None = None
        magic = self.read_magic()
        if not magic:
            raise DataRefused(f"{path} is empty; expected a CSV in Sentiment140's layout or a Parquet file")
        if is_packed(magic):
            self._unpacked = _unpack(path)
            self.plain_path = Path(self._unpacked.name)

    def read_magic(self) -> bytes:
        """Return the first bytes of the content, which tell its format."""
        try:
            with self.open() as file:
                return file.read(MAGIC_BYTES)
        except OSError as error:
            raise Misconfigured(f"{self.path} cannot be read: {error.strerror}") from None

    def open(self) -> IO[bytes]:
        """Open a new reader at the start."""
        return self.plain_path.open("rb", buffering=_BUFFER_BYTES)

    def close(self) -> None:
        """Delete the temporary file."""
        if self._unpacked is not None:
            self._unpacked.close()


def _unpack(path: Path) -> IO[bytes]:
    unpacked = tempfile.NamedTemporaryFile(prefix="badbuzz-replay-")  # noqa: SIM115 - the caller closes it
    try:
        with open_unpacked(path) as content:
            shutil.copyfileobj(content, unpacked, _CHUNK_BYTES)
        unpacked.flush()
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
