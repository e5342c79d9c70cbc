from __future__ import annotations

from typing import TYPE_CHECKING

from model_registry.store.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


def test_the_option_overrides_the_settings(run: Run, directory: Path, tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    assert run("import", str(directory), "--registry", elsewhere)[0] == 0
    assert Registry.open(elsewhere).list()
    assert run("list")[1] == ""
