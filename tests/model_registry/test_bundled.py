from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import Misconfigured
from model_registry import bundled
from model_registry.package.directory import read_directory
from model_registry.package.model_draft import pack
from model_registry.package.refs import ModelRef
from tests.model_registry import tiny_model
from tests.model_registry.model_directory import write_directory

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.store.registry import Registry

MAX_SHIPPED_BYTES = 16_000_000


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_directory(pack(tiny_model.draft()), tmp_path / "shipped")
    monkeypatch.setattr(bundled, "list_bundled_models", lambda: [tmp_path / "shipped"])


@pytest.mark.usefixtures("shipped")
def test_the_shipped_model_is_promoted_once(registry: Registry) -> None:
    for _ in range(2):
        assert bundled.ensure_bundled(registry) == [ModelRef("tiny", 1)]
    assert registry.resolve("tiny@production") == ModelRef("tiny", 1)
    assert len(registry.history("tiny")["production"]) == 1


@pytest.mark.usefixtures("shipped")
def test_it_does_not_replace_a_promoted_model(registry: Registry) -> None:
    own = registry.register(tiny_model.draft(seed=5))
    registry.promote(own, "production")
    assert bundled.ensure_bundled(registry) == [ModelRef("tiny", 2)]
    assert registry.resolve("tiny@production") == own


def test_an_installation_without_a_model_is_reported(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundled, "list_bundled_models", list)
    with pytest.raises(Misconfigured, match="ships no model"):
        bundled.ensure_bundled(registry)


def test_shipped_models_are_complete_and_small() -> None:
    assert bundled.list_bundled_models()
    for path in bundled.list_bundled_models():
        model = read_directory(path).open()
        assert model.manifest.name == path.name
        assert sum(file.stat().st_size for file in path.iterdir()) <= MAX_SHIPPED_BYTES
