from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.model_registry.model_directory import write_directory

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.package.package import Package


@pytest.fixture
def model(package: Package, tmp_path: Path) -> Path:
    write_directory(package, tmp_path / "model")
    return tmp_path / "model"
