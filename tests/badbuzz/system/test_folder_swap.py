from __future__ import annotations

import errno
import os
import threading
from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.storage import create_object, open_store
from badbuzz.errors import Retry
from badbuzz.system.folder_swap import lock_for_publishing, lock_for_swap, swap_folders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders with a file in each."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"of-{name}").touch()
    return tmp_path / "one", tmp_path / "other"


def test_two_folders_are_swapped(pair: tuple[Path, Path]) -> None:
    one, other = pair
    assert swap_folders(one, other)
    assert [path.name for path in one.iterdir()] == ["of-other"]
    assert [path.name for path in other.iterdir()] == ["of-one"]


def test_a_missing_folder_is_an_error(pair: tuple[Path, Path]) -> None:
    with pytest.raises(FileNotFoundError):
        swap_folders(pair[0], pair[0] / "nowhere")


def test_an_unsupported_swap_returns_false(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    class Libc:
        def renameat2(self, *_: object) -> int:
            return -1

    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: Libc())
    monkeypatch.setattr("ctypes.get_errno", lambda: errno.EINVAL)
    assert not swap_folders(*pair)
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    assert not swap_folders(*pair)


def test_publishers_share_the_lock_and_a_swap_excludes_them(pair: tuple[Path, Path]) -> None:
    folder = pair[0]
    with (
        lock_for_publishing(folder),
        lock_for_publishing(folder),
        pytest.raises(BlockingIOError),
        lock_for_swap(folder),
    ):
        pass
    with lock_for_swap(folder), pytest.raises(BlockingIOError), lock_for_publishing(folder):
        pass
    with lock_for_swap(folder), pytest.raises(BlockingIOError), lock_for_swap(folder):
        pass


@pytest.mark.parametrize("hold", [lock_for_publishing, lock_for_swap])
def test_a_lock_on_a_folder_that_was_just_swapped_is_refused(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, hold: Callable[..., object]
) -> None:
    real = os.open

    def slow(path: Path, flags: int) -> int:
        handle = real(path, flags)
        swap_folders(*pair)
        return handle

    monkeypatch.setattr("os.open", slow)
    with pytest.raises(BlockingIOError), hold(pair[0]):  # type: ignore[attr-defined] # a context manager
        pass


def test_without_locks_files_can_be_published_but_folders_not_swapped(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with lock_for_publishing(pair[0]):
        pass
    with pytest.raises(OSError, match="no locks here"), lock_for_swap(pair[0]):
        pass


def test_publishing_during_a_swap_must_be_retried(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    create_object(store, "day/first", b"1")
    with lock_for_swap(tmp_path / "day"), pytest.raises(Retry):
        create_object(store, "day/second", b"2")
    assert create_object(store, "day/second", b"2")


def test_no_file_is_lost_when_folders_are_swapped(tmp_path: Path) -> None:
    """Each exchange takes over what it finds under its lock, and no file is published in between."""
    store = open_store(str(tmp_path))
    create_object(store, "day/first", b"")
    day, done, wanted = tmp_path / "day", threading.Event(), set[str]()

    def publish() -> None:
        while not done.is_set():
            name = f"file-{len(wanted)}"
            try:
                create_object(store, f"day/{name}", b"")
            except Retry:
                continue
            wanted.add(name)

    thread = threading.Thread(target=publish)
    thread.start()
    exchanges = 0
    while exchanges < 50:
        fresh = tmp_path / f"fresh-{exchanges}"
        try:
            with lock_for_swap(day):
                fresh.mkdir()
                for file in day.iterdir():
                    (fresh / file.name).hardlink_to(file)
                swap_folders(fresh, day)
        except BlockingIOError:
            continue
        exchanges += 1
    done.set()
    thread.join()
    assert {path.name for path in day.iterdir()} == wanted | {"first"}
    assert wanted
