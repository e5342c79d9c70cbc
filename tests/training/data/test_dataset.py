from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from badbuzz.cleaning import STANDARD
from badbuzz.errors import GiveUp
from tests.badbuzz.labelled.sentiment140_archive import write_archive
from tests.training import corpus
from training.data.dataset import Dataset, count_words, load_dataset, load_training_texts

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path, *, rows: int | None = None, seed: int = 5) -> Dataset:
    return load_dataset(path, STANDARD, rows=rows, seed=seed)


def test_a_folder_has_one_file_for_training_and_one_for_the_test(
    tmp_path: Path,
) -> None:
    dataset = load(corpus.write_folder(tmp_path, train=400, test=120))
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (392, 8, 120)
    assert dataset.train.texts[0].as_py().startswith("user the ")


def test_the_original_six_columns_are_read_too(tmp_path: Path) -> None:
    rows = (
        f'"{label}","{row}","Mon Apr 06 22:19:45 PDT 2009","NO_QUERY","ann","crew {"rude" if label == 0 else "kind"}"'
        for row, label in enumerate([0, 4] * 100)
    )
    path = tmp_path / "training.csv"
    path.write_text("\n".join(rows) + "\n")
    assert load_training_texts(path, STANDARD).to_pylist() == ["crew rude", "crew kind"]


def test_the_training_file_of_sentiment140_s_archive_is_read(tmp_path: Path) -> None:
    rows = [
        f'"{polarity}","{row}","Mon Apr 06 22:19:45 PDT 2009","NO_QUERY","user{row}","late crew"'
        for row, polarity in enumerate([0, 4] * 200)
    ]
    test_file = '"4","1","Mon May 11 03:17:40 UTC 2009","kindle2","dan","I love it"'
    path = write_archive(tmp_path / "both.zip", training="\n".join(rows), test=test_file)
    plain = tmp_path / "training.csv"
    plain.write_text("\n".join(rows), encoding="utf-8")
    dataset = load(path)
    assert dataset.fingerprint == load(plain).fingerprint
    assert len(dataset.train) == 384


def test_one_file_is_split_into_three(tmp_path: Path) -> None:
    path = tmp_path / "tweets.parquet"
    pq.write_table(corpus.tweets(400), path)
    dataset = load(path)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (384, 8, 8)


def test_no_row_is_in_two_parts(tmp_path: Path) -> None:
    table = pa.table(
        {
            "label": pa.array([0, 1] * 200, pa.int8()),
            "user": pa.nulls(400, pa.string()),
            "text": _numbered(400),
        }
    )
    pq.write_table(table, tmp_path / "tweets.parquet")
    dataset = load(tmp_path / "tweets.parquet")
    parts = [
        *dataset.train.texts.to_pylist(),
        *dataset.validation.texts.to_pylist(),
        *dataset.test.texts.to_pylist(),
    ]
    assert sorted(parts) == sorted(table["text"].to_pylist())


def test_labels_stay_with_their_texts(tmp_path: Path) -> None:
    dataset = load(corpus.write_folder(tmp_path))
    for part in (dataset.train, dataset.validation, dataset.test):
        glad = [any(word in text.split() for word in corpus.GLAD) for text in part.texts.to_pylist()]
        np.testing.assert_array_equal(part.labels, np.array(glad, np.int8))


def test_split_and_fingerprint_depend_on_the_seed(tmp_path: Path) -> None:
    folder = corpus.write_folder(tmp_path)
    assert load(folder).fingerprint == load(folder).fingerprint
    assert load(folder, seed=6).fingerprint != load(folder).fingerprint
    assert load(folder, seed=6).test.texts == load(folder).test.texts


def test_rows_are_drawn_from_both_classes(tmp_path: Path) -> None:
    dataset = load(corpus.write_folder(tmp_path), rows=200)
    assert len(dataset.train) + len(dataset.validation) == 200
    assert 0.3 < dataset.train.labels.mean() < 0.7


def test_repeats_by_one_user_and_empty_tweets_are_dropped(tmp_path: Path) -> None:
    rows = [
        (0, "ann", "the queue was long"),
        (0, "ann", "the queue was long"),
        (0, "bob", "the queue was long"),
        (1, None, "thank you"),
        (1, None, "thank you"),
        (1, "cy", "12:30 !!"),
    ]
    path = tmp_path / "few.parquet"
    labels, users, texts = zip(*rows, strict=True)
    pq.write_table(pa.table({"label": pa.array(labels, pa.int8()), "user": users, "text": texts}), path)
    assert load_training_texts(path, STANDARD).to_pylist() == ["the queue was long"] * 2 + ["thank you"] * 2


def test_the_test_of_a_folder_is_not_deduplicated(tmp_path: Path) -> None:
    corpus.write_folder(tmp_path)
    twice = pa.table(
        {"label": pa.array([1, 1, 0], pa.int8()), "user": ["ann"] * 3, "text": ["thanks", "thanks", "!"]}
    )
    pq.write_table(twice, tmp_path / "test.parquet")
    assert load(tmp_path).test.texts.to_pylist() == ["thanks", "thanks", ""]


def test_vectors_are_not_learnt_from_the_test(tmp_path: Path) -> None:
    corpus.write_folder(tmp_path, train=100, test=50)
    assert len(load_training_texts(tmp_path, STANDARD)) == 100


def test_a_missing_or_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GiveUp, match=r"nowhere\.parquet"):
        load(tmp_path / "nowhere.parquet")
    with pytest.raises(GiveUp, match=r"train\.parquet"):
        load(tmp_path)
    (tmp_path / "noise.parquet").write_bytes(b"PAR1 and nothing that follows from it PAR1")
    with pytest.raises(GiveUp, match=r"noise\.parquet"):
        load(tmp_path / "noise.parquet")


def test_too_few_tweets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GiveUp, match="too few to train on"):
        load(corpus.write_folder(tmp_path), rows=10)


def _numbered(rows: int) -> list[str]:
    digits = "abcdefghij"
    return ["row " + "".join(digits[int(digit)] for digit in str(row)) for row in range(rows)]


def test_words_are_counted_without_the_empty_one() -> None:
    assert count_words(pa.array(["late crew", "", "late"])) == {"late": 2, "crew": 1}


def test_texts_without_words_have_no_counts() -> None:
    assert count_words(pa.array([""])) == {}
