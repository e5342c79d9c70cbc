"""Teachers: each tweet is scored by a model that has not learnt its label."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file

pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")

from badbuzz.errors import Usage
from training.experiments import teacher_scores
from training.experiments.beyond import find_experiment
from training.experiments.inputs import ExperimentInputs
from training.experiments.teacher_scores import assign_folds, make_teacher_scores

if TYPE_CHECKING:
    from pathlib import Path

    from training.data.dataset import CleanedTweets, Dataset
    from training.fitting import FittingInputs

pytestmark = pytest.mark.tensorflow

ROW = dataclasses.replace(
    find_experiment("tweet_sentiment_hashed"),
    spec=dataclasses.replace(find_experiment("tweet_sentiment_hashed").spec, rows=None),
)


class Memory:
    """A model that knows each tweet that it has learnt, and nothing else: it gives 1 for those, 0 for others."""

    def __init__(self, dataset: Dataset) -> None:
        self._known = set(dataset.train.texts.to_pylist())

    def score(self, tweets: CleanedTweets) -> np.ndarray:
        return np.array([text in self._known for text in tweets.texts.to_pylist()], np.float32)


@pytest.mark.parametrize("folds", [2, 3])
def test_no_tweet_is_scored_by_a_model_that_has_learnt_it(
    folds: int, data: Path, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[int] = []

    def fit(_spec: object, inputs: FittingInputs, *_: object) -> Memory:
        learnt.append(len(inputs.dataset.train))
        return Memory(inputs.dataset)

    monkeypatch.setattr(teacher_scores, "fit_model", fit)
    path = make_teacher_scores(ROW, ExperimentInputs(data), tmp_path, None, folds=folds)  # type: ignore[arg-type] # nobody watches
    held = load_file(path)
    repeated = np.isin(dataset.train.texts.to_pylist(), _repeated(dataset.train))
    assert not held["train/scores"][~repeated].any()
    np.testing.assert_array_equal(held["train/labels"], dataset.train.labels)
    assert sum(learnt) == (folds - 1) * len(dataset.train)


def test_folds_are_of_one_size_and_the_same_each_time() -> None:
    found = assign_folds(100, 3, seed=7)
    assert sorted(np.bincount(found)) == [33, 33, 34]
    np.testing.assert_array_equal(found, assign_folds(100, 3, seed=7))


def test_a_fold_s_data_are_told_apart(dataset: Dataset) -> None:
    rows = np.arange(10)
    assert (
        len(
            {
                dataset.with_training_rows(rows).fingerprint,
                dataset.with_training_rows(rows + 1).fingerprint,
                dataset.fingerprint,
            }
        )
        == 3
    )
    assert (
        dataset.with_training_rows(rows + 1).train.texts.to_pylist() == dataset.train.texts.to_pylist()[1:11]
    )


def test_a_teacher_that_lacks_its_vectors_says_so(data: Path, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="needs --glove"):
        make_teacher_scores(find_experiment("glove_lstm"), ExperimentInputs(data), tmp_path, None, folds=2)  # type: ignore[arg-type] # nobody watches
    assert not list(tmp_path.iterdir())


def _repeated(tweets: CleanedTweets) -> list[str]:
    texts, numbers = np.unique(tweets.texts.to_pylist(), return_counts=True)
    return [str(text) for text in texts[numbers > 1]]
