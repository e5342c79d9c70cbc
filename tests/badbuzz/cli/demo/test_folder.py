from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from badbuzz.cli.demo.folder import DemoFolder, relative_path
from badbuzz.errors import Misconfigured, Usage

if TYPE_CHECKING:
    from pathlib import Path


def test_each_run_gets_the_next_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = DemoFolder.make(None), DemoFolder.make(None)
    assert (first.path, second.path) == (tmp_path / "runs" / "demo-1", tmp_path / "runs" / "demo-2")
    assert second.brands.is_file()
    assert relative_path(second.scored) == "runs/demo-2/scored"


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keep.me").touch()
    with pytest.raises(Usage, match="not empty"):
        DemoFolder.make(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match=r"file/run: cannot be written \(Not a directory\)"):
        DemoFolder.make(tmp_path / "file" / "run")


def test_the_settings_survive_a_shell(tmp_path: Path) -> None:
    folder = DemoFolder.make(tmp_path / "it's a run")
    folder.write_environment({"BADBUZZ_BRANDS": str(folder.brands)})
    script = f'. "{folder.environment_file}"; printf %s "$BADBUZZ_BRANDS"'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == str(folder.brands)
