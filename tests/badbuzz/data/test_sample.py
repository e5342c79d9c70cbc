"""The tweets and brands that ship with the project (``badbuzz/data``)."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import badbuzz
from badbuzz.brands import BrandMatcher

DATA = Path(badbuzz.__file__).parent / "data"
NEGATIVE, POSITIVE = "0", "4"


@pytest.fixture(scope="module")
def rows() -> list[list[str]]:
    with (DATA / "sample.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


@pytest.fixture(scope="module")
def texts(rows: list[list[str]]) -> list[str]:
    return [row[5] for row in rows]


def test_the_sample_has_sentiment140s_layout(rows: list[list[str]]) -> None:
    for label, ident, date, query, user, text in rows:
        assert label in {NEGATIVE, POSITIVE}
        assert ident.isdecimal()
        assert datetime.strptime(date, "%a %b %d %H:%M:%S PDT %Y").strftime("%a %b %d") == date[:10]  # noqa: DTZ007
        assert query == "NO_QUERY"
        assert re.fullmatch(r"\w{1,20}", user)
        assert text == text.strip()
    assert (DATA / "sample.csv").read_bytes().count(b'","') == 5 * len(rows)


def test_ids_and_texts_are_unique(rows: list[list[str]], texts: list[str]) -> None:
    assert len(rows) >= 600
    assert len({row[1] for row in rows}) == len(rows)
    assert len({re.sub(r"\W+", " ", text.lower()) for text in texts}) == len(rows)


def test_classes_are_balanced_and_sorted_like_sentiment140(rows: list[list[str]]) -> None:
    labels = [row[0] for row in rows]
    assert labels == sorted(labels)
    assert 0.45 < labels.count(NEGATIVE) / len(labels) < 0.55


def test_every_brand_has_tweets_of_both_classes(rows: list[list[str]], texts: list[str]) -> None:
    matcher = BrandMatcher.from_yaml(DATA / "brands.yaml")
    found = matcher.match(pa.array(texts)).to_pylist()
    counts = Counter((brand, row[0]) for row, brands in zip(rows, found, strict=True) for brand in brands)
    assert {brand for brand, _ in counts} == set(matcher.names)
    assert all(counts[brand, label] >= 10 for brand in matcher.names for label in (NEGATIVE, POSITIVE))
    assert counts["airparadis", NEGATIVE] + counts["airparadis", POSITIVE] >= 150


def test_the_sample_has_typical_features_of_tweets(texts: list[str]) -> None:
    everything = "\n".join(texts)
    for feature in (
        r"@\w+",
        r"#\w+",
        r"http://\S+",
        "&quot;",
        "&lt;3",
        r"[:;]-?\)",
        "😡|❤",
        "[A-Z]{4}",
        "!!!",
    ):
        assert len(re.findall(feature, everything)) >= 2, feature


@pytest.mark.shared
def test_no_text_is_copied_from_the_real_data(shared: Path, texts: list[str]) -> None:
    sample = pc.utf8_lower(pa.array(texts))
    parquet = sorted((shared / "data").glob("*/*.parquet"))
    assert parquet
    for path in parquet:
        real = pc.utf8_lower(
            pc.utf8_trim_whitespace(pq.read_table(path, columns=["text"])["text"].cast(pa.string()))
        )
        assert sample.filter(pc.is_in(sample, value_set=real)).to_pylist() == [], path
    layout = pyarrow.csv.ReadOptions(column_names=[*"abcdef"], encoding="latin-1")
    original = pyarrow.csv.read_csv(shared / "data" / "sentiment140" / "sample.csv.gz", read_options=layout)
    assert sample.filter(pc.is_in(sample, value_set=pc.utf8_lower(original["f"]))).to_pylist() == []
