"""The object stores on which a chain must behave the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.scored_store import open_scored_store
from tests.worker.chain.segments import TOPIC, TOPIC_ID
from worker.chain.stored_chain import StoredChain

if TYPE_CHECKING:
    from pathlib import Path

    from badbuzz.clients.scored_store import ScoredStore


@pytest.fixture(params=["local", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ScoredStore:
    if request.param == "memory":
        return open_scored_store("memory://")
    if request.param == "local":
        return open_scored_store(str(tmp_path / "scored"))
    return open_scored_store(f"{request.getfixturevalue('s3').url}/some/folder")


@pytest.fixture
def chain(store: ScoredStore) -> StoredChain:
    """The chains of topic ``tweets``, with the origin of partition 0 at offset 0."""
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    chain.claim_origin(0, 0)
    return chain
