from __future__ import annotations

import gzip
import zipfile
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import DataRefused
from badbuzz.labelled.unpacking import is_packed, open_unpacked
from tests.badbuzz.labelled.sentiment140_archive import write_archive

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> bytes:
    with open_unpacked(path) as content:
        return content.read()


def write_zip(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_plain_and_a_gzip_file_have_the_same_content(tmp_path: Path) -> None:
    path = tmp_path / "tweets.csv"
    for stored in (b"a,b\n", gzip.compress(b"a,b\n")):
        path.write_bytes(stored)
        assert read(path) == b"a,b\n"
        assert is_packed(stored) == (stored != b"a,b\n")


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert read(tmp_path / "empty") == b""


def test_sentiment140s_archive_means_its_training_file(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "x.zip", training="training row\n" * 9, test="test row\n")
    assert read(path) == b"training row\n" * 9


def test_only_csv_files_compete_by_size(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", **{"data/a.CSV": b"rows", "README.txt": b"x" * 100})
    assert read(path) == b"rows"


@pytest.mark.parametrize("content", [b"PAR1...", gzip.compress(b"PAR1...")], ids=["plain", "gzip"])
def test_the_only_file_of_an_archive_may_have_any_name_and_be_gzipped(tmp_path: Path, content: bytes) -> None:
    assert read(write_zip(tmp_path / "x.zip", **{"data/": b"", "data/tweets": content})) == b"PAR1..."


@pytest.mark.parametrize(
    ("files", "names"), [(["a.txt", "b.parquet"], "only a.txt, b.parquet;"), (["data/"], "only nothing;")]
)
def test_an_archive_without_csv_and_not_of_one_file_is_refused(
    tmp_path: Path, files: list[str], names: str
) -> None:
    with pytest.raises(DataRefused, match=f"x.zip holds no .csv file, {names}"):
        read(write_zip(tmp_path / "x.zip", **dict.fromkeys(files, b"x")))


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", **{"a.csv": b"x"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x03\x04") + 6] |= 1  # the flag "encrypted", in the file's own header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and in the archive's directory
    path.write_bytes(content)
    with pytest.raises(DataRefused, match=r"cannot be unpacked: .* encrypted"):
        read(path)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing")
