from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from badbuzz.errors import DataRefused, Misconfigured
from tests.training import corpus
from training.azure.sample import draw_sample

if TYPE_CHECKING:
    from pathlib import Path


def test_the_three_forms_have_the_same_tweets(tmp_path: Path) -> None:
    path = tmp_path / "tweets.parquet"
    texts = ["@ann The CREWS were kind!", "I can't wait https://a.test", None]
    pq.write_table(pa.table({"label": [1, 0, 0], "text": texts}), path)
    sample = draw_sample(path, 10, seed=1)
    assert sample.texts == {
        "raw": ["@ann The CREWS were kind!", "I can't wait https://a.test", ""],
        "standard": ["user the crews were kind", "i can not wait url", ""],
        "advanced": ["user crew kind", "not wait url", ""],
    }
    np.testing.assert_array_equal(sample.labels, [1, 0, 0])


def test_from_a_folder_the_test_is_drawn_with_its_labels(tmp_path: Path) -> None:
    sample = draw_sample(corpus.write_folder(tmp_path, test=120), 50, seed=1)
    assert len(sample) == 50
    everything = pq.read_table(tmp_path / "test.parquet").to_pydict()
    labels = dict(zip(everything["text"], everything["label"], strict=True))
    assert [labels[text] for text in sample.texts["raw"]] == sample.labels.tolist()


def test_the_seed_decides_the_sample_and_its_fingerprint(tmp_path: Path) -> None:
    folder = corpus.write_folder(tmp_path)
    first, again, other = (
        draw_sample(folder, 40, seed=1),
        draw_sample(folder, 40, seed=1),
        draw_sample(folder, 40, seed=2),
    )
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert first.texts == again.texts != other.texts


def test_a_sample_of_one_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="the 1 tweets drawn are of one class"):
        draw_sample(corpus.write_folder(tmp_path), 1, seed=1)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="nowhere"):
        draw_sample(tmp_path / "nowhere", 10, seed=1)
