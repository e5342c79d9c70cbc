from __future__ import annotations

import gzip
import zipfile
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from badbuzz.errors import DataRefused, Misconfigured
from producer.files.csv_file import CsvTweetFile
from producer.files.open_file import open_tweet_file
from producer.files.parquet_file import ParquetTweetFile
from tests.producer.files.csv_rows import expect_tweets, pack_csv, sorted_rows

if TYPE_CHECKING:
    from pathlib import Path


def test_the_content_decides_on_the_format(tmp_path: Path) -> None:
    path = pack_csv(tmp_path / "t.csv.gz", sorted_rows(2, 0)).rename(tmp_path / "t.csv")
    assert open_tweet_file(path).count_rows() == {0: 2}
    assert isinstance(open_tweet_file(path), CsvTweetFile)


def test_parquet_may_be_packed(tmp_path: Path) -> None:
    path = tmp_path / "tweets"
    pq.write_table(pa.table({"text": ["a", "b"]}), path)
    path.write_bytes(gzip.compress(path.read_bytes()))
    file = open_tweet_file(path)
    assert isinstance(file, ParquetTweetFile)
    assert [row["id"] for row in expect_tweets(file.read_tweets(None))] == ["tweets-1", "tweets-2"]
    file.close()


def damaged(name: str, folder: Path) -> Path:
    path = folder / name
    match name:
        case "empty.csv":
            path.touch()
        case "blank.csv":
            path.write_text("\n\n  \n")
        case "cut.csv.gz" | "cut.zip":
            whole = pack_csv(path, sorted_rows(2_000, 2_000)).read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
        case "garbled.csv.gz":
            whole = pack_csv(path, sorted_rows(2_000, 0)).read_bytes()
            path.write_bytes(whole[:30] + b"\x00\xff" * 40 + whole[110:])
        case "without.zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("README.txt", "nothing here")
                archive.writestr("LICENSE", "none")
        case "cut.parquet":
            path.write_bytes(b"PAR1" + b"\x00" * 64)
    return path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty.csv", "is empty"),
        ("blank.csv", "has no rows"),
        ("cut.csv.gz", "cannot be unpacked"),
        ("cut.zip", "cannot be unpacked"),
        ("garbled.csv.gz", "cannot be unpacked"),
        ("without.zip", "holds no .csv file, only README.txt, LICENSE"),
        ("cut.parquet", "not a readable Parquet file"),
    ],
)
def test_unusable_files_are_refused_with_their_path(name: str, message: str, tmp_path: Path) -> None:
    path = damaged(name, tmp_path)
    with pytest.raises(DataRefused, match=message) as refused:
        open_tweet_file(path)
    assert str(path) in str(refused.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read: Is a directory"):
        open_tweet_file(tmp_path)
