"""Object storage by URL: a local path, ``s3://``, ``gs://``, ``az://`` or ``memory://`` (tests), through obstore.

obstore is the port: its stores share one interface, with an atomic ``put(mode="create")`` on each of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, from_url

from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_REMOTE = frozenset({"s3", "s3a", "gs", "az", "abfs", "abfss"})


def open_store(url: str) -> ObjectStore:
    """Open the folder that ``url`` names; a local one is made if it is missing.

    Credentials come from the environment, by the names that each provider's own tools use.

    :raises Misconfigured: if the URL is of an unknown kind or the folder cannot be made.
    """
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return MemoryStore()
    if scheme in _REMOTE:
        try:
            return from_url(url)
        except (BaseError, ValueError) as error:
            raise Misconfigured(f"storage {url!r} cannot be opened: {error}") from None
    if scheme in {"", "file"}:
        return _open_local(url)
    raise Misconfigured(f"storage {url!r}: unknown scheme {scheme!r}; use a path, s3://, gs:// or az://")


def _open_local(url: str) -> LocalStore:
    path = Path(url.removeprefix("file://")).expanduser().absolute()
    try:
        return LocalStore(path, mkdir=True, automatic_cleanup=False)
    except (OSError, BaseError) as error:
        raise Misconfigured(f"storage folder {str(path)!r} cannot be made: {error}") from None
