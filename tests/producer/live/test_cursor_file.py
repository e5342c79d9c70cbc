from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import Misconfigured
from producer.live.cursor_file import CursorFile

if TYPE_CHECKING:
    from pathlib import Path


def test_a_cursor_is_stored_for_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "bluesky.json"
    first = CursorFile("bluesky", path)
    assert first.cursor is None
    first.save(17)
    first.save(18)
    assert CursorFile("bluesky", path).cursor == 18
    assert [file.name for file in tmp_path.iterdir()] == ["bluesky.json"]


def test_without_a_path_nothing_is_stored(tmp_path: Path) -> None:
    CursorFile("bluesky", None).save(17)
    assert not list(tmp_path.iterdir())


def test_without_a_cursor_nothing_is_written(tmp_path: Path) -> None:
    cursor_file = CursorFile("bluesky", tmp_path / "state")
    cursor_file.save(None)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not a state file"),
        ("{}", "is not a state file"),
        ('{"source": "bluesky", "cursor": "x"}', "is not a state file"),
        ('{"source": "x", "cursor": 1}', "belongs to x, not to bluesky"),
    ],
)
def test_a_foreign_file_is_refused_and_not_changed(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text(content)
    with pytest.raises(Misconfigured, match=message):
        CursorFile("bluesky", path)
    assert path.read_text() == content


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"--state .*missing.*cannot be written: No such file"):
        CursorFile("bluesky", tmp_path / "missing" / "state").save(1)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read: Is a directory"):
        CursorFile("bluesky", tmp_path)
