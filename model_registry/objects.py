"""What the registry asks of an object store: read, list, and create-if-absent, atomic on every store.

Conditional *updates* are not among them: a local folder cannot do them.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)

from badbuzz.errors import Misconfigured, ModelRefused, Retry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import ObjectStore


class Objects:
    """A store, with its errors told as the project's own.

    Methods raise :class:`Retry` if the store is away and :class:`Misconfigured` if it does not let us in.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.place = repr(store)

    def read(self, path: str, limit: int) -> bytes | None:
        """Read an object; None if there is none.

        :raises ModelRefused: if it is longer than ``limit`` bytes; nothing of it is read then.
        """
        with self._told():
            try:
                found = obstore.get(self._store, path)
            except FileNotFoundError:
                return None
            if found.meta["size"] > limit:
                raise ModelRefused(f"{path}: {found.meta['size']:,} bytes long, at most {limit:,} expected")
            return bytes(found.bytes())

    def create(self, path: str, content: bytes) -> bool:
        """Write an object that is not there yet, at once and whole; False if it is there already."""
        with self._told():
            try:
                # a multipart upload knows no create-if-absent
                obstore.put(self._store, path, content, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            return True

    def names(self, folder: str) -> set[str]:
        """List the objects under ``folder``, at any depth, by their path below it."""
        with self._told():
            batches = obstore.list(self._store, prefix=folder)
            return {found["path"].removeprefix(f"{folder}/") for batch in batches for found in batch}

    def folders(self, folder: str | None = None) -> list[str]:
        """List the folders right under ``folder`` (None: at the top), sorted by name."""
        with self._told():
            found = obstore.list_with_delimiter(self._store, prefix=folder)
            return sorted(path.rstrip("/").rsplit("/", 1)[-1] for path in found["common_prefixes"])

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise Misconfigured(f"registry {self.place}: access denied: {_first_line(error)}") from None
        except NotSupportedError as error:
            raise Misconfigured(
                f"registry {self.place}: this store cannot create-if-absent: {_first_line(error)}"
            ) from None
        except (BaseError, OSError) as error:
            raise Retry(f"registry {self.place}", _first_line(error)) from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
