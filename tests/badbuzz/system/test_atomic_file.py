from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.system.atomic_file import replace_file

if TYPE_CHECKING:
    from pathlib import Path


def test_the_new_content_replaces_the_old(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with replace_file(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_write_leaves_the_old_content_and_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def write_half() -> None:
        with replace_file(path) as unfinished:
            unfinished.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
