"""Opening a file of tweets by what it holds, not by what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from producer.files.csv_file import CsvFile
from producer.files.spool import PARQUET, SeekableFile, magic

if TYPE_CHECKING:
    from pathlib import Path

    from producer.files.tweet_file import TweetFile


def open_tweet_file(path: Path) -> TweetFile:
    """Open Sentiment140's CSV (plain, gzip or zip) or a Parquet file.

    :raises DataRefused: if the file is empty, damaged, or of another kind.
    :raises Misconfigured: if it cannot be read or unpacked.
    """
    if magic(path) == PARQUET:
        from producer.files.parquet_file import ParquetTweets  # noqa: PLC0415 - pyarrow takes longer to import than a CSV to open

        return ParquetTweets(path)
    return CsvFile(SeekableFile(path))
