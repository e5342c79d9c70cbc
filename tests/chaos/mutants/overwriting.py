"""A file that is published whether or not its name is free."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

from badbuzz.clients.storage import create_object

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from obstore.store import ObjectStore


def overwrite(store: ObjectStore, path: str, data: bytes) -> bool:
    """As if there were no rivals. A store's plain ``put`` replaces what is there."""
    if not create_object(store, path, data):
        store.put(path, data)
    return True


def broken() -> AbstractContextManager[object]:
    return mock.patch("worker.chain.stored_chain.create_object", overwrite)
