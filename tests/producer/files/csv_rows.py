"""Writes files of tweets in Sentiment140's layout for tests."""

from __future__ import annotations

import gzip
import zipfile
from typing import TYPE_CHECKING

from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from badbuzz.contracts.tweet import Tweet

DATE = "Mon Apr 06 22:19:45 PDT 2009"


def csv_row(number: int, text: str, *, polarity: int = 0, date: str = DATE) -> str:
    return f'"{polarity}","{number}","{date}","NO_QUERY","user{number}","{text}"\n'


def sorted_rows(negative: int, positive: int) -> str:
    """Return rows in the order of Sentiment140: all negative rows, then all positive rows."""
    rows = [csv_row(n, f"my bag is lost again, number {n}") for n in range(negative)]
    rows += [
        csv_row(n, f"what a view from seat {n}", polarity=4) for n in range(negative, negative + positive)
    ]
    return "".join(rows)


def write_csv(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def expect_tweets(rows: Iterable[Tweet | RejectedRow]) -> Iterator[Tweet]:
    for row in rows:
        assert not isinstance(row, RejectedRow), row
        yield row


def expect_rejected(rows: Iterable[Tweet | RejectedRow]) -> Iterator[RejectedRow]:
    for row in rows:
        assert isinstance(row, RejectedRow), row
        yield row


def pack_csv(path: Path, content: str) -> Path:
    """Write a CSV: packed if the name ends in ``.gz`` or ``.zip``."""
    if path.suffix == ".gz":
        return write_csv(path, gzip.compress(content.encode()))
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("testdata.manual.csv", csv_row(99, "the small one"))
            archive.writestr("training.csv", content)
            archive.writestr("README.txt", "x" * 100_000)
        return path
    return write_csv(path, content)
