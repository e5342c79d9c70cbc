from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.training import corpus

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``train.parquet`` and ``test.parquet``."""
    return corpus.write_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def glove(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vectors of six dimensions."""
    return corpus.write_glove(tmp_path_factory.mktemp("vectors") / "glove.txt")
