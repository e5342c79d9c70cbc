"""The identity of a store of scored rows: a random name, created once, which workers of one group compare."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from pydantic import BaseModel

from worker.chain.internal.write_once import create_or_read_json_object, read_json_object

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from badbuzz.clients.scored_store import ScoredStore

IDENTITY_PATH = "identity.json"


class _Identity(BaseModel, frozen=True):
    id: str


def claim_identity(store: ScoredStore) -> str:
    """Return the identity of the store. The first caller creates it.

    :raises DataRefused: if it is unreadable.
    """
    found = read_identity(store.internal)
    if found is not None:
        return found
    return create_or_read_json_object(store.internal, IDENTITY_PATH, _Identity(id=uuid.uuid4().hex)).id


def read_identity(internal: ObjectStore) -> str | None:
    """Return the identity among a store's internal files; None if no worker has created it.

    :raises DataRefused: if it is unreadable.
    """
    found = read_json_object(internal, IDENTITY_PATH, _Identity)
    return None if found is None else found.id
