"""The staging folder: who owns it, and when it is removed."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.storage import STAGING, open_store
from worker.compact import staging
from worker.compact.staging import open_staging_folder, remove_abandoned_folders

if TYPE_CHECKING:
    from pathlib import Path


def test_a_local_staging_folder_is_removed_when_it_is_closed(tmp_path: Path) -> None:
    with open_staging_folder(open_store(str(tmp_path))) as opened:
        assert opened.folder.parent == tmp_path / STAGING
        assert opened.root == tmp_path
        (opened.folder / "file").touch()
    assert list((tmp_path / STAGING).iterdir()) == []


def test_an_object_store_is_staged_outside_of_it() -> None:
    with open_staging_folder(open_store("memory://")) as opened:
        assert opened.root is None
        assert opened.folder.is_dir()
    assert not opened.folder.exists()


def test_only_abandoned_folders_are_removed(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    with open_staging_folder(store) as opened:
        abandoned, foreign = tmp_path / STAGING / "compact-abandoned", tmp_path / STAGING / "other"
        for folder in (abandoned, foreign):
            folder.mkdir()
        (abandoned / "file").touch()
        remove_abandoned_folders(store)
        assert sorted((tmp_path / STAGING).iterdir()) == sorted([opened.folder, foreign])


def test_a_file_system_without_locks_has_no_root_to_swap_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(staging, "lock_for_swap", refuse)
    with open_staging_folder(open_store(str(tmp_path))) as opened:
        assert opened.root is None


def test_other_errors_of_a_lock_are_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise OSError(errno.EACCES, "not yours")

    monkeypatch.setattr(staging, "lock_for_swap", refuse)
    with (
        pytest.raises(Exception, match="creating a staging folder"),
        open_staging_folder(open_store(str(tmp_path))),
    ):
        pass
