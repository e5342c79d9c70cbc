"""``badbuzz models`` as a function, and a registry of two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.cli.app import main
from model_registry.package.model_draft import pack
from model_registry.package.refs import ModelRef
from model_registry.store.registry import Registry
from tests.model_registry import tiny_model
from tests.model_registry.model_directory import write_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


TWEETS = (
    '"0","1","d","q","ann","lost my bag again"\n'
    '"4","2","d","q","bob","thank you crew"\n'
    '"2","3","d","q","cid","a flight"\n'
    '"0","4","d","q","dee","late again"\n'
    '"4","5","d","q","eve","great flight"\n'
    '"0","6","d","q"\n'
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "registry")


@pytest.fixture
def run(url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BADBUZZ_REGISTRY__URL", url)

    def models(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["models", *arguments])
        out, err = capsys.readouterr()
        return int(str(ended.value.code)), out, err

    return models


@pytest.fixture
def registry(url: str) -> Registry:
    """Two versions; the first is production."""
    registry = Registry.open(url)
    for seed in (1, 2):
        registry.register(tiny_model.draft(seed=seed))
    registry.promote(ModelRef("tiny", 1), "production")
    return registry


@pytest.fixture
def tweets(tmp_path: Path) -> str:
    path = tmp_path / "tweets.csv"
    path.write_text(TWEETS)
    return str(path)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_directory(pack(tiny_model.draft(seed=3)), tmp_path / "model")
    return tmp_path / "model"
