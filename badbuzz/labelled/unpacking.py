"""Opens files that may be packed with gzip or zip. The content decides, not the name.

One file of a zip archive is read: the largest ``.csv``. Sentiment140's archive holds a training file and a small test file, so
its training file is read. An archive without a ``.csv`` must hold exactly one file.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, cast

from badbuzz.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedIOBase, BufferedReader
    from pathlib import Path


MAGIC_BYTES: Final = 4
PARQUET_MAGIC: Final = b"PAR1"

_GZIP_MAGIC: Final = b"\x1f\x8b"
_ZIP_MAGIC: Final = b"PK\x03\x04"

_DAMAGE: Final = (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""zipfile raises RuntimeError if a file is encrypted or its compression is not supported."""


def is_packed(magic: bytes) -> bool:
    """Return whether a file that begins with these bytes is a gzip or zip file."""
    return magic.startswith((_GZIP_MAGIC, _ZIP_MAGIC))


@contextmanager
def open_unpacked(path: Path) -> Iterator[BufferedIOBase]:
    """Open the content of a file for reading.

    :raises DataRefused: if the file is damaged or encrypted, or a zip archive holds no file to read.
    :raises OSError: if the file cannot be read.
    """
    try:
        with ExitStack() as files:
            stream: BufferedReader | zipfile.ZipExtFile = files.enter_context(path.open("rb"))
            if stream.peek(MAGIC_BYTES).startswith(_ZIP_MAGIC):
                archive = files.enter_context(zipfile.ZipFile(stream))
                chosen = _choose_file(path, archive)
                stream = cast("zipfile.ZipExtFile", files.enter_context(archive.open(chosen)))
            if stream.peek(MAGIC_BYTES).startswith(_GZIP_MAGIC):
                yield files.enter_context(gzip.GzipFile(fileobj=stream))
            else:
                yield stream
    except _DAMAGE as error:
        raise DataRefused(
            f"{path} cannot be unpacked: {error}; it is damaged or encrypted, fetch it again"
        ) from None


def _choose_file(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    files = [file for file in archive.infolist() if not file.is_dir()]
    csv_files = [file for file in files if file.filename.lower().endswith(".csv")]
    if not csv_files and len(files) != 1:
        names = ", ".join(file.filename for file in files[:5]) or "nothing"
        raise DataRefused(f"{path} holds no .csv file, only {names}; unpack the file that you mean")
    return max(csv_files or files, key=lambda file: file.file_size)
