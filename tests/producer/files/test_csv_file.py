from __future__ import annotations

import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.files.csv_file import MAX_ROW_BYTES, CsvTweetFile, split_rows
from producer.files.open_file import open_tweet_file
from producer.files.seekable_file import SeekableFile
from producer.rejected_rows import RejectedRow
from tests.producer.files.csv_rows import csv_row, expect_rejected, expect_tweets, sorted_rows, write_csv

if TYPE_CHECKING:
    from pathlib import Path


def texts(file: CsvTweetFile, *, label: int | None = None) -> list[str]:
    return [row["text"] for row in expect_tweets(file.read_tweets(label))]  # type: ignore[arg-type] # labels come from the test


def split(content: bytes) -> list[tuple[int, int, bytes]]:
    return list(split_rows(io.BytesIO(content)))


def test_classes_are_read_independently(tmp_path: Path) -> None:
    file = CsvTweetFile(SeekableFile(write_csv(tmp_path / "t.csv", sorted_rows(3, 2))))
    assert file.count_rows() == {0: 3, 1: 2}
    negative, positive = file.read_tweets(0), file.read_tweets(1)
    mixed = [next(negative), next(positive), next(negative), next(positive), next(negative)]
    assert [row["id"] for row in expect_tweets(mixed)] == ["0", "3", "1", "4", "2"]
    assert [row["id"] for row in expect_tweets(file.read_tweets(0, start=2))] == ["2"]


def test_crlf_byte_order_mark_and_blank_lines(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + sorted_rows(2, 1).replace("\n", "\r\n\r\n").encode()
    file = CsvTweetFile(SeekableFile(write_csv(tmp_path / "t.csv", content)))
    assert file.count_rows() == {0: 2, 1: 1}
    assert texts(file, label=1) == ["what a view from seat 2"]


def test_a_quoted_text_may_have_several_lines() -> None:
    content = (csv_row(1, "first\nsecond, third\n\nfifth") + csv_row(2, "next")).encode()
    assert [(line, offset) for line, offset, _ in split(content)] == [(1, 0), (5, content.index(b'"0","2"'))]


def test_an_unclosed_quote_spoils_one_row(tmp_path: Path) -> None:
    broken = '"0","2","d","q","u,"oops\n'
    content = csv_row(1, "before") + broken + csv_row(3, "after")
    file = CsvTweetFile(SeekableFile(write_csv(tmp_path / "t.csv", content)))
    rows = list(file.read_tweets(0))
    assert [row["text"] for row in expect_tweets([rows[0], rows[2]])] == ["before", "after"]
    assert isinstance(rows[1], RejectedRow)
    assert rows[1].line == 2


def test_a_file_without_line_ends_is_read_in_parts() -> None:
    parts = split(b"x" * (2 * MAX_ROW_BYTES + 1))
    assert [len(raw) for _, _, raw in parts] == [MAX_ROW_BYTES, MAX_ROW_BYTES, 1]


def test_an_unclosed_quote_does_not_collect_the_rest_of_the_file() -> None:
    lines = b'"' + b"no end in sight\n" * 40_000
    assert max(len(raw) for _, _, raw in split(lines)) <= MAX_ROW_BYTES


@given(st.lists(st.text(st.sampled_from("a,\"'\n\r024"), max_size=12), max_size=12).map("\n".join))
def test_splitting_keeps_all_bytes_except_blanks(content: str) -> None:
    data = content.encode()
    parts = split(data)
    assert all(data[offset : offset + len(raw)] == raw for _, offset, raw in parts)
    assert b"".join(raw for _, _, raw in parts).split() == data.split()


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters='"'), min_size=1), max_size=8
    )
)
def test_any_quoted_text_is_one_row(written: list[str]) -> None:
    content = "".join(f'"0","{n}","d","q","u","{text}"\n' for n, text in enumerate(written)).encode()
    assert len(split(content)) == len(written)


def test_malformed_rows_are_in_the_class_none(tmp_path: Path) -> None:
    content = (
        "target,ids,date,flag,user,text\n"
        + csv_row(1, "good")
        + "rubbish\n"
        + csv_row(2, "so-so", polarity=2)
    )
    file = CsvTweetFile(SeekableFile(write_csv(tmp_path / "t.csv", content)))
    assert file.count_rows() == {None: 3, 0: 1}
    header, rubbish, neutral = file.read_tweets(None)
    assert [row.line for row in expect_rejected([header, rubbish])] == [1, 3]
    assert next(expect_tweets([neutral]))["label"] is None


def test_dates_are_sorted_and_missing_dates_are_skipped(tmp_path: Path) -> None:
    content = (
        csv_row(1, "later", date="Mon May 11 03:17:40 UTC 2009")
        + csv_row(2, "undated", date="someday")
        + csv_row(3, "earlier", date="Mon May 11 03:17:00 UTC 2009")
    )
    dates = CsvTweetFile(SeekableFile(write_csv(tmp_path / "t.csv", content))).read_dates()
    assert dates[1] - dates[0] == 40_000
    assert len(dates) == 2


def test_the_index_takes_less_than_40_bytes_per_row(tmp_path: Path) -> None:
    file = SeekableFile(write_csv(tmp_path / "t.csv", sorted_rows(20_000, 20_000)))
    tracemalloc.start()
    try:
        index = CsvTweetFile(file)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(index.count_rows().values()) == 40_000
    assert held < 40 * 40_000


@pytest.mark.shared
def test_the_real_sample(shared: Path) -> None:
    file = open_tweet_file(shared / "data/sentiment140/sample.csv.gz")
    assert file.count_rows() == {0: 39_208, 1: 42_216}
    assert sum(1 for label in (0, 1) for _ in expect_tweets(file.read_tweets(label))) == 81_424
    assert len(file.read_dates()) == 81_424
    file.close()
