from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from safetensors.numpy import save_file

from badbuzz.errors import DataRefused, Usage
from model_registry.text.vocabulary import Vocabulary
from training.data.dataset import CleanedTweets
from training.data.distillation import (
    digest_file,
    mix_teacher_scores,
    to_logits,
    write_teacher_scores,
)
from training.data.encoded import encode_tweets

if TYPE_CHECKING:
    from pathlib import Path

TWEETS = CleanedTweets(pa.array(["late crew", "kind crew", "so late"]), np.array([0, 1, 0], np.int8))
ENCODED = encode_tweets(TWEETS, Vocabulary(("late", "crew", "kind")), max_length=5)


def teacher(path: Path, *scores: float) -> Path:
    write_teacher_scores(path, TWEETS, np.array(scores, np.float32))
    return path


def test_labels_and_scores_are_mixed(tmp_path: Path) -> None:
    path = teacher(tmp_path / "a.safetensors", 0.2, 0.9, 0.5)
    mixed = mix_teacher_scores(ENCODED, [path], 0.25)
    np.testing.assert_allclose(mixed.labels, [0.05, 0.975, 0.125], atol=1e-6)
    assert mixed.labels.dtype == np.float32
    np.testing.assert_array_equal(mixed.ids, ENCODED.ids)


def test_several_teachers_are_averaged_by_their_logits(tmp_path: Path) -> None:
    paths = [teacher(tmp_path / "a", 0.2, 0.9, 1.0), teacher(tmp_path / "b", 0.8, 0.9, 0.0)]
    np.testing.assert_allclose(mix_teacher_scores(ENCODED, paths, 1.0).labels, [0.5, 0.9, 0.5], atol=1e-6)


def test_a_teacher_is_required() -> None:
    with pytest.raises(Usage, match="--teacher"):
        mix_teacher_scores(ENCODED, [], 0.5)


def test_scores_of_other_tweets_are_refused(tmp_path: Path) -> None:
    write_teacher_scores(tmp_path / "other", TWEETS.take(np.array([1, 0, 2])), np.zeros(3, np.float32))
    with pytest.raises(DataRefused, match="same rows and seed"):
        mix_teacher_scores(ENCODED, [tmp_path / "other"], 0.5)


def test_other_and_unreadable_files_are_refused(tmp_path: Path) -> None:
    save_file({"test/scores": np.zeros(3, np.float32)}, tmp_path / "scores")
    with pytest.raises(DataRefused, match="does not contain train/labels"):
        mix_teacher_scores(ENCODED, [tmp_path / "scores"], 0.5)
    (tmp_path / "broken").write_bytes(b"half")
    with pytest.raises(DataRefused, match="cannot be read"):
        mix_teacher_scores(ENCODED, [tmp_path / "broken"], 0.5)
    with pytest.raises(DataRefused, match="cannot be read"):
        digest_file(tmp_path / "nothing")


def test_files_of_different_scores_have_different_digests(tmp_path: Path) -> None:
    one, other = teacher(tmp_path / "a", 0.2, 0.9, 0.5), teacher(tmp_path / "b", 0.2, 0.9, 0.6)
    assert digest_file(one) != digest_file(other)


def test_logits_of_certain_scores_are_finite() -> None:
    logits = to_logits(np.array([0, 0.5, 1], np.float32))
    np.testing.assert_allclose(logits, [-13.8155, 0, 13.8155], atol=1e-3)
