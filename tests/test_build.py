"""The wheel that the project's build makes: with a C compiler, without one, and with one that fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from model_registry.scoring.engines import lstm_step

ROOT = Path(__file__).parents[1]
LIBRARY = "model_registry/scoring/engines/liblstm_step.so"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files of the project that a wheel needs."""
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for package in ("badbuzz", "producer", "worker", "training", "model_registry"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text('__version__ = "1"\n')
    (tmp_path / LIBRARY).parent.mkdir(parents=True)
    shutil.copy(ROOT / "model_registry" / "scoring" / "engines" / "lstm_step.c", (tmp_path / LIBRARY).parent)
    return tmp_path


def build_wheel(project: Path, compiler: str) -> tuple[Path, str]:
    """Build the wheel without network access. Returns the wheel and the builder's output."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    environment = {**os.environ, "CC": compiler}
    done = subprocess.run(  # noqa: S603 - a fixed command
        command, cwd=project, env=environment, capture_output=True, text=True, check=True
    )
    (wheel,) = (project / "dist").glob("*.whl")
    return wheel, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
def test_a_wheel_contains_the_compiled_step_for_its_platform(project: Path) -> None:
    wheel, _ = build_wheel(project, "cc")
    assert "-py3-none-" in wheel.name
    assert not wheel.name.endswith("-any.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extract(LIBRARY, project / "opened")
    lstm_step.load_step(project / "opened" / LIBRARY)


@pytest.mark.parametrize(("compiler", "reason"), [("no-such-compiler", "no C compiler"), ("false", "/")])
def test_without_a_working_compiler_the_wheel_is_for_all_platforms(
    project: Path, compiler: str, reason: str
) -> None:
    (project / LIBRARY).write_bytes(b"of an older build")
    wheel, output = build_wheel(project, compiler)
    assert wheel.name.endswith("-py3-none-any.whl")
    assert LIBRARY not in zipfile.ZipFile(wheel).namelist()
    assert f"{LIBRARY} was not built ({reason}" in output
