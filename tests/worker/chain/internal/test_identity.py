"""The identity of a store of scored rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.errors import DataRefused
from worker.chain.internal.identity import IDENTITY_PATH, claim_identity, read_identity

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore


def test_the_first_identity_stays(store: ScoredStore) -> None:
    assert read_identity(store.internal) is None
    first = claim_identity(store)
    assert [claim_identity(store), read_identity(store.internal)] == [first, first]


def test_two_stores_differ() -> None:
    assert len({claim_identity(open_scored_store("memory://")) for _ in range(20)}) == 20


def test_readers_of_the_rows_do_not_see_it(store: ScoredStore) -> None:
    claim_identity(store)
    assert [entry for chunk in store.rows.list() for entry in chunk] == []


def test_an_unreadable_identity_is_refused(store: ScoredStore) -> None:
    store.internal.put(IDENTITY_PATH, b"{}")
    with pytest.raises(DataRefused, match=r"identity\.json: unreadable"):
        claim_identity(store)
