from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.report.workspace import ReportWorkspace


@pytest.fixture
def workspace(tmp_path: Path) -> ReportWorkspace:
    for package in ("sklearn", "jinja2", "matplotlib"):
        pytest.importorskip(package)
    from tests.training.report.workspace import ReportWorkspace  # noqa: PLC0415 - needs the packages above

    return ReportWorkspace(tmp_path)
