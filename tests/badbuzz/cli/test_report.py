"""``badbuzz report``: from folders to a page."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("jinja2")

from tests.training.report.workspace import CURVE, MODEL, ReportWorkspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    CommandLine = Callable[..., tuple[int, str, str]]


def test_the_command_writes_page_and_markdown(badbuzz: CommandLine, tmp_path: Path) -> None:
    workspace = ReportWorkspace(tmp_path)
    workspace.add_experiment("lstm", curve=CURVE)
    code, printed, _ = badbuzz(
        "report",
        *(
            "--data",
            str(tmp_path),
            "--manual",
            str(workspace.write_manual()),
            "--ratings",
            str(workspace.write_ratings()),
        ),
        *("--rows", str(tmp_path / "experiments"), "--registry", str(tmp_path / "registry")),
        *("--model", MODEL, "--out", str(tmp_path / "out"), "--without-texts"),
    )
    assert code == 0
    assert printed.split() == [str(tmp_path / "out" / name) for name in ("report.html", "report.md")]
    assert "evil.example" not in (tmp_path / "out" / "report.html").read_text()


def test_a_folder_without_a_test_is_named(badbuzz: CommandLine, tmp_path: Path) -> None:
    code, _, complaint = badbuzz("report", "--data", str(tmp_path))
    assert code == 64
    assert "test.parquet" in complaint


@pytest.mark.parametrize("package", ["jinja2", "sklearn.metrics", "pandas", "matplotlib"])
def test_a_missing_package_is_named(
    package: str, badbuzz: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in sys.modules if name.startswith("training.report")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    code, _, complaint = badbuzz("report", "--data", str(tmp_path))
    assert code == 78
    assert f"{package} is not installed: install Bad Buzz with its extra `training`" in complaint
