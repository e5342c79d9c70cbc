from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.report.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    pytest.importorskip("sklearn")
    pytest.importorskip("jinja2")
    from tests.training.report.world import World  # noqa: PLC0415 - needs the packages above

    return World(tmp_path)
