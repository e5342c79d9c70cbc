from __future__ import annotations

import re
import stat
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks import peers
from benchmarks.harness.machine import ROOT
from benchmarks.peers import environment
from benchmarks.peers.environment import ensure_environment, find_uv, has_environment

REQUIREMENTS = Path(peers.__file__).parent / "requirements"
PIN = re.compile(r"^([a-z0-9-]+)==([^\s;]+)", re.MULTILINE)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def install_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a ``uv`` beside a Python of its own that writes its arguments to ``calls``; the PATH has none."""
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setattr(environment, "_CACHE", tmp_path / "cache")

    def install(folder: str) -> Path:
        uv = tmp_path / folder / "uv"
        uv.parent.mkdir()
        uv.write_text(f'#!/bin/sh\necho "$1 $2" >> {tmp_path}/calls\n[ "$1" = pip ] || /bin/mkdir -p "$6"\n')
        uv.chmod(stat.S_IRWXU)
        return uv

    return install


def test_uv_is_found_beside_this_python_before_the_path(install_uv: Callable[[str], Path]) -> None:
    with pytest.raises(FileNotFoundError, match=r"no uv in .* or on the PATH"):
        find_uv()
    on_the_path = install_uv("empty")
    assert find_uv() == str(on_the_path)
    beside = install_uv("bin")
    assert find_uv() == str(beside)


def test_an_environment_is_made_once_with_a_uv_that_is_not_on_the_path(
    install_uv: Callable[[str], Path], tmp_path: Path
) -> None:
    install_uv("bin")
    assert not has_environment("quix")
    for _ in range(2):
        assert ensure_environment("quix") == tmp_path / "cache" / "quix" / "bin" / "python"
    assert has_environment("quix")
    assert (tmp_path / "calls").read_text() == "venv --quiet\npip install\n"


@pytest.mark.parametrize("peer", peers.PEERS)
def test_each_peer_is_a_program_with_a_list_of_pinned_packages(peer: str) -> None:
    assert find_spec(f"benchmarks.peers.programs.{peer}")
    lines = (REQUIREMENTS / f"{peer}.txt").read_text().splitlines()
    assert [
        line for line in lines if not re.match(r"#|-r model\.txt$|[a-z0-9-]+(\[[a-z]+\])?[=><]=", line)
    ] == []


def test_the_scorer_runs_in_the_peers_on_the_versions_that_the_product_locks() -> None:
    locked = (ROOT / "requirements" / "runtime.lock").read_text()
    assert set(PIN.findall((REQUIREMENTS / "model.txt").read_text())) <= set(PIN.findall(locked))
