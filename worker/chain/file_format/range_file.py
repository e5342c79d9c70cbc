"""A stored object as a file that fetches only the bytes that are read.

``obstore.open_reader`` cannot replace it: obstore 0.12.1 reports every failure of a read as ``OSError``, like
pyarrow's "not a Parquet file". A storage outage would look like a damaged file and end the worker instead of being
retried. Its reader also lacks the attribute ``closed``, which pyarrow requires.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class RangeFile(io.RawIOBase):
    """An object of ``size`` bytes. Each read is one request; pyarrow reads one column chunk at a time.

    :raises FileNotFoundError: if the object is gone. Other errors are obstore's own.
    """

    def __init__(self, store: ObjectStore, path: str, size: int) -> None:
        super().__init__()
        self._store = store
        self._path = path
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Return True: pyarrow asks."""
        return True

    def tell(self) -> int:
        """Return the position of the next read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to ``offset``, relative to the start, the current position or the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Fetch up to ``size`` bytes, or all that follow."""
        wanted = self._size if size is None or size < 0 else self._position + size
        start, end = self._position, min(wanted, self._size)
        if start >= end:
            return b""
        self._position = end
        return bytes(self._store.get_range(self._path, start=start, end=end))
