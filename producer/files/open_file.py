"""Opens files of tweets. The content decides on the format, not the name."""

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

    :raises DataRefused: if the file is empty or damaged, or its format is not supported.
    :raises Misconfigured: if the file cannot be read or unpacked.
    """
    file = SeekableFile(path)
    try:
        if file.read_magic() != PARQUET_MAGIC:
            return CsvTweetFile(file)
        from producer.files.parquet_file import (  # noqa: PLC0415 - importing pyarrow takes longer than opening a CSV
            ParquetTweetFile,
        )

        return ParquetTweetFile(file)
    except BaseException:
        file.close()
        raise
