"""The staging folder: who owns it, and when it is removed."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.scored_store import open_scored_store
from worker.compact import staging
from worker.compact.staging import open_staging_folder, remove_abandoned_folders

if TYPE_CHECKING:
    from pathlib import Path


def test_a_local_staging_folder_is_removed_when_it_is_closed(tmp_path: Path) -> None:
    with open_staging_folder(open_scored_store(str(tmp_path / "scored"))) as opened:
        assert opened.folder.parent == tmp_path / "scored.chain" / "staging"
        assert opened.root == tmp_path / "scored"
        (opened.folder / "file").touch()
    assert list((tmp_path / "scored.chain" / "staging").iterdir()) == []


def test_an_object_store_is_staged_outside_of_it() -> None:
    with open_staging_folder(open_scored_store("memory://")) as opened:
        assert opened.root is None
        assert opened.folder.is_dir()
    assert not opened.folder.exists()


def test_only_abandoned_folders_are_removed(tmp_path: Path) -> None:
    store = open_scored_store(str(tmp_path / "scored"))
    with open_staging_folder(store) as opened:
        here = tmp_path / "scored.chain" / "staging"
        of_older_version = tmp_path / "scored" / "_staging" / "compact-abandoned"
        for folder in (here / "compact-abandoned", here / "other", of_older_version):
            folder.mkdir(parents=True)
            (folder / "file").touch()
        remove_abandoned_folders(store)
        assert sorted(here.iterdir()) == sorted([opened.folder, here / "other"])
        assert not of_older_version.exists()


def test_a_file_system_without_locks_has_no_root_to_swap_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(staging, "lock_for_swap", refuse)
    with open_staging_folder(open_scored_store(str(tmp_path / "scored"))) as opened:
        assert opened.root is None


def test_other_errors_of_a_lock_are_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise OSError(errno.EACCES, "not yours")

    monkeypatch.setattr(staging, "lock_for_swap", refuse)
    with (
        pytest.raises(Exception, match="creating a staging folder"),
        open_staging_folder(open_scored_store(str(tmp_path / "scored"))),
    ):
        pass
