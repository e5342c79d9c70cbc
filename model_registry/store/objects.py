"""The operations of an object store that the registry uses: read, list, and create-if-absent, atomic on every store.

Conditional *updates* are not used, because local folders do not support them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import obstore

from badbuzz.clients.storage import create_object, storage_errors
from badbuzz.errors import ModelRefused

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class Objects:
    """The objects of one store.

    Methods raise :class:`Retry` if the store is unavailable and :class:`Misconfigured` if it denies access.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.place = repr(store)

    def read(self, path: str, limit: int) -> bytes | None:
        """Return the content of an object; None if it does not exist.

        :raises ModelRefused: if it is longer than ``limit`` bytes; its content is not read then.
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
        """Write an object atomically; return False, and write nothing, if it exists already."""
        return create_object(self._store, path, content)

    def list_names(self, folder: str) -> set[str]:
        """Return the paths of all objects under ``folder``, at any depth, relative to it."""
        with storage_errors(f"registry {self.place}: listing {folder}"):
            batches = obstore.list(self._store, prefix=folder)
            return {found["path"].removeprefix(f"{folder}/") for batch in batches for found in batch}

    def list_folders(self, folder: str | None = None) -> list[str]:
        """Return the names of the folders directly under ``folder`` (None: at the top), sorted."""
        with storage_errors(f"registry {self.place}: listing {folder or 'models'}"):
            found = obstore.list_with_delimiter(self._store, prefix=folder)
            return sorted(path.rstrip("/").rsplit("/", 1)[-1] for path in found["common_prefixes"])
