"""A name that is taken, believed to hold what was to be written there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

from badbuzz.clients.storage import create_object

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from obstore.store import ObjectStore


def create_or_believe(store: ObjectStore, path: str, data: bytes) -> bool:
    """As if whoever was first had written the same."""
    create_object(store, path, data)
    return True


def broken() -> AbstractContextManager[object]:
    return mock.patch("worker.chain.stored_chain.create_object", create_or_believe)
