"""A stored object as a file of which only those bytes are fetched that are read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class RangeFile(io.RawIOBase):
    """An object of ``size`` bytes; each read is one request. pyarrow reads a column chunk at a time.

    Raises what obstore raises, :class:`FileNotFoundError` if the object is gone.
    """

    def __init__(self, store: ObjectStore, path: str, size: int) -> None:
        super().__init__()
        self._store = store
        self._path = path
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to ``offset``, counted from the start, from here, or from the end."""
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
