"""The object stores on which a compaction must behave the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.scored_store import open_scored_store
from tests.worker.compact.sample_chains import publish_layout

if TYPE_CHECKING:
    from pathlib import Path

    from badbuzz.clients.scored_store import ScoredStore


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the grace period: no other process lists folders in these tests."""
    monkeypatch.setattr("worker.compact.publish._GRACE_S", 0.0)


@pytest.fixture(params=["local", "memory", "s3"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> ScoredStore:
    if request.param == "memory":
        return open_scored_store("memory://")
    if request.param == "local":
        return open_scored_store(str(tmp_path / "scored"))
    return open_scored_store(f"{request.getfixturevalue('s3').url}/some/folder")


@pytest.fixture
def store(empty: ScoredStore) -> ScoredStore:
    """A store with a closed day of five small files, and an open one."""
    publish_layout(empty)
    return empty
