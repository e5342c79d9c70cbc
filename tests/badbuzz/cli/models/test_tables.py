from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from model_registry.store.registry import Registry

    Run = Callable[..., tuple[int, str, str]]


@pytest.mark.usefixtures("registry")
def test_list(run: Run) -> None:
    code, out, err = run("list")
    assert (code, err) == (0, "")
    first = next(line for line in out.splitlines() if "tiny:1" in line)
    assert first.split() == ["tiny:1", "production", "lstm", "test", "0.7500", "0.8000", "2026-01-02"]
    assert "tiny:2" in out


@pytest.mark.usefixtures("registry")
def test_list_as_json(run: Run) -> None:
    rows = json.loads(run("list", "--json")[1])
    assert [(row["model"], row["aliases"]) for row in rows] == [("tiny:1", ["production"]), ("tiny:2", [])]
    assert rows[0]["metrics"]["test"]["accuracy"] == 0.75


def test_a_refused_version_is_listed_with_the_reason(run: Run, registry: Registry, tmp_path: Path) -> None:
    assert registry.list()
    (tmp_path / "registry/tiny/versions/2/manifest.json").write_text('{"format": 9}')
    code, out, _ = run("list")
    assert code == 0
    assert "tiny:2 is refused: tiny:2: manifest format 9" in out
    assert "manifest format 9" in json.loads(run("list", "--json")[1])[1]["refused"]


@pytest.mark.usefixtures("registry")
def test_show(run: Run) -> None:
    code, out, _ = run("show", "tiny@production")
    assert code == 0
    for fact in ("tiny:1", "lstm of 8", "0.7500  (0.3000 to 0.9500)", "random weights", "promote"):
        assert fact in out
    manifest = json.loads(run("show", "tiny:2", "--json")[1])
    assert (manifest["name"], manifest["version"]) == ("tiny", 2)
