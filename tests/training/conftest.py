from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.cleaning import STANDARD
from tests.training import corpus
from training.data.dataset import load_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from training.data.dataset import Dataset


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``train.parquet`` and ``test.parquet``."""
    return corpus.write_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def dataset(data: Path) -> Dataset:
    """What is drawn of it: 392 tweets to learn from."""
    return load_dataset(data, STANDARD, rows=None, seed=2009)


@pytest.fixture(scope="session")
def glove(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vectors of six dimensions."""
    return corpus.write_glove(tmp_path_factory.mktemp("vectors") / "glove.txt")
