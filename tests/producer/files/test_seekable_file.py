from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import Misconfigured
from producer.files.open_file import open_tweet_file
from producer.files.seekable_file import SeekableFile
from tests.producer.files.csv_rows import expect_tweets, pack_csv, sorted_rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.zip"])
def test_plain_and_packed_files_have_the_same_content(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    file = open_tweet_file(pack_csv(tmp_path / name, sorted_rows(5, 4)))
    assert file.count_rows() == {0: 5, 1: 4}
    assert len(list(expect_tweets(file.read_tweets(0)))) == 5
    file.close()
    assert not list(temporary.iterdir())


def test_readers_are_independent(tmp_path: Path) -> None:
    file = SeekableFile(pack_csv(tmp_path / "t.csv.gz", "first\nsecond\n"))
    with file.open() as one, file.open() as other:
        one.seek(6)
        assert (one.read(), other.read(5)) == (b"second\n", b"first")
    assert file.read_magic() == b"firs"
    file.close()
    assert not file.plain_path.exists()
    assert file.path.exists()


def test_no_room_to_unpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack_csv(tmp_path / "t.csv.gz", sorted_rows(2, 2))
    full = tmp_path / "full"
    full.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(full))

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", no_space)
    with pytest.raises(Misconfigured, match="No space left on device; point TMPDIR"):
        SeekableFile(path)
    assert not list(full.iterdir())
