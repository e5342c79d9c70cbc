"""Every kind of store, for the suite that all of them must pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.storage import open_store
from model_registry.package.model_draft import pack
from model_registry.store.registry import Registry
from tests.model_registry import tiny_model

if TYPE_CHECKING:
    from pathlib import Path

    from obstore.store import ObjectStore

    from model_registry.package.package import Package


@pytest.fixture(params=["local", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "s3":
        return open_store(request.getfixturevalue("s3").url + "/models")
    return open_store("memory://" if request.param == "memory" else str(tmp_path / "registry"))


@pytest.fixture(params=["local", "memory"])
def racing_store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """A store for concurrent threads. Not moto's S3, whose create-if-absent is not atomic."""
    return open_store("memory://" if request.param == "memory" else str(tmp_path / "registry"))


@pytest.fixture
def registry(store: ObjectStore) -> Registry:
    return Registry(store)


@pytest.fixture(scope="session")
def package() -> Package:
    return pack(tiny_model.draft())
