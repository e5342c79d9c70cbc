"""What the registry asks of an object store: read, list, and create-if-absent, atomic on every store.

Conditional *updates* are not among them: a local folder cannot do them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import obstore

from badbuzz.clients.storage import create_object, storage_errors
from badbuzz.errors import ModelRefused

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class Objects:
    """One store.

    Methods raise :class:`Retry` if the store is away and :class:`Misconfigured` if it does not let us in.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.place = repr(store)

    def read(self, path: str, limit: int) -> bytes | None:
        """Read an object; None if there is none.

        :raises ModelRefused: if it is longer than ``limit`` bytes; nothing of it is read then.
        """
        with storage_errors(f"registry {self.place}: reading {path}"):
            try:
                found = obstore.get(self._store, path)
            except FileNotFoundError:
                return None
            if found.meta["size"] > limit:
                raise ModelRefused(f"{path}: {found.meta['size']:,} bytes long, at most {limit:,} expected")
            return bytes(found.bytes())

    def create(self, path: str, content: bytes) -> bool:
        """Write an object that is not there yet, at once and whole; False if it is there already."""
        return create_object(self._store, path, content)

    def names(self, folder: str) -> set[str]:
        """List the objects under ``folder``, at any depth, by their path below it."""
        with storage_errors(f"registry {self.place}: listing {folder}"):
            batches = obstore.list(self._store, prefix=folder)
            return {found["path"].removeprefix(f"{folder}/") for batch in batches for found in batch}

    def folders(self, folder: str | None = None) -> list[str]:
        """List the folders right under ``folder`` (None: at the top), sorted by name."""
        with storage_errors(f"registry {self.place}: listing {folder or 'models'}"):
            found = obstore.list_with_delimiter(self._store, prefix=folder)
            return sorted(path.rstrip("/").rsplit("/", 1)[-1] for path in found["common_prefixes"])
