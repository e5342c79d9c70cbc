from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from badbuzz.errors import DataRefused
from producer.files.open_file import open_tweet_file
from tests.producer.files.csv_rows import expect_rejected, expect_tweets

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, columns: dict[str, Any], rows_per_group: int = 2) -> Path:
    pq.write_table(pa.table(columns), path, row_group_size=rows_per_group)
    return path


def test_classes_are_found_across_row_groups(tmp_path: Path) -> None:
    labels = [0, 0, 1, 0, 1]
    file = open_tweet_file(
        write(tmp_path / "t.parquet", {"text": [f"text {n}" for n in range(5)], "label": labels})
    )
    assert file.count_rows() == {0: 3, 1: 2}
    assert [row["text"] for row in expect_tweets(file.read_tweets(0))] == ["text 0", "text 1", "text 3"]
    assert [row["text"] for row in expect_tweets(file.read_tweets(0, start=1))] == ["text 1", "text 3"]
    assert [row["text"] for row in expect_tweets(file.read_tweets(1, start=1))] == ["text 4"]


def test_all_columns_with_both_names(tmp_path: Path) -> None:
    when = datetime(2009, 4, 7, tzinfo=UTC)
    first = {"id": [17], "text": ["hi"], "label": [1], "date": [when], "user": ["ada"]}
    second = {
        "id": ["17"],
        "text": ["hi"],
        "label": ["Positive"],
        "created_at": [when],
        "author": ["ada"],
        "lang": ["en"],
    }
    expected = {"id": "17", "text": "hi", "label": 1, "author": "ada", "source": "parquet"}
    for name, columns, more in (("a", first, {"lang": None}), ("b", second, {"lang": "en"})):
        file = open_tweet_file(write(tmp_path / f"{name}.parquet", columns))
        assert list(file.read_tweets(1)) == [{**expected, **more}]
        assert list(file.read_dates()) == [int(when.timestamp() * 1000)]


def test_rows_without_ids_are_named_after_the_file(tmp_path: Path) -> None:
    file = open_tweet_file(write(tmp_path / "mine.parquet", {"text": ["a", "b", "c"]}))
    assert file.count_rows() == {None: 3}
    rows = list(expect_tweets(file.read_tweets(None)))
    assert [row["id"] for row in rows] == ["mine-1", "mine-2", "mine-3"]
    assert {row["label"] for row in rows} == {None}
    assert not file.read_dates()


@pytest.mark.parametrize(
    ("labels", "sizes"),
    [
        ([0, 2, 4], {0: 1, None: 1, 1: 1}),
        (["negative", "NEUTRAL", "Positive"], {0: 1, None: 1, 1: 1}),
        ([0, None, 1], {0: 1, None: 1, 1: 1}),
    ],
)
def test_all_spellings_of_labels(labels: list[Any], sizes: dict[Any, int], tmp_path: Path) -> None:
    file = open_tweet_file(write(tmp_path / "t.parquet", {"text": ["a", "b", "c"], "label": labels}))
    assert file.count_rows() == sizes
    assert all(row["label"] == label for label in sizes for row in expect_tweets(file.read_tweets(label)))


def test_malformed_rows_are_rejected_with_row_and_reason(tmp_path: Path) -> None:
    columns = {"text": ["fine", None, "", "x" * 30_000, "odd"], "label": [0, 0, 0, 0, 7]}
    file = open_tweet_file(write(tmp_path / "t.parquet", columns))
    fine, *rejected = file.read_tweets(0)
    assert next(expect_tweets([fine]))["text"] == "fine"
    assert [(row.line, row.reason.split(";")[0]) for row in expect_rejected(rejected)] == [
        (2, "the text is empty"),
        (3, "the text is empty"),
        (4, "the text has 30,000 characters"),
    ]
    assert [str(row) for row in expect_rejected(file.read_tweets(None))] == [
        "line 5: label 7, expected one of 0, 1, 4, 2"
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"tweet": ["a"]}, "no column text, only tweet"),
        ({"text": [1]}, "the column text holds int64"),
        ({"text": ["a"], "label": [0.5]}, "the column label holds double"),
        ({"text": pa.array([], pa.string())}, "has no rows"),
    ],
)
def test_unusable_columns_are_refused(columns: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=message):
        open_tweet_file(write(tmp_path / "t.parquet", columns))


@pytest.mark.shared
def test_the_real_test_set(shared: Path) -> None:
    file = open_tweet_file(shared / "data/sentiment140/test.parquet")
    assert file.count_rows() == {0: 19_701, 1: 19_696}
    assert sum(1 for _ in expect_tweets(file.read_tweets(0))) == 19_701
