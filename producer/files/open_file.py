"""Opening a file of tweets by what it holds, not by what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.labelled.unpacking import PARQUET_MAGIC
from producer.files.csv_file import CsvTweetFile
from producer.files.seekable_file import SeekableFile

if TYPE_CHECKING:
    from pathlib import Path

    from producer.files.tweet_file import TweetFile


def open_tweet_file(path: Path) -> TweetFile:
    """Open a CSV in Sentiment140's layout or a Parquet file, plain, gzip or zip (see :mod:`badbuzz.labelled.unpacking`).

    :raises DataRefused: if the file is empty, damaged, or of another kind.
    :raises Misconfigured: if it cannot be read or unpacked.
    """
    file = SeekableFile(path)
    if file.read_magic() == PARQUET_MAGIC:
        from producer.files.parquet_file import ParquetTweetFile  # noqa: PLC0415 - pyarrow takes longer to import than a CSV to open

        return ParquetTweetFile(file)
    return CsvTweetFile(file)
