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

EXPERIMENT = dataclasses.replace(
    find_experiment("tweet_sentiment_hashed"),
    spec=dataclasses.replace(find_experiment("tweet_sentiment_hashed").spec, rows=None),
)


class Memory:
    """A model that scores 1 for each tweet it was fitted on, and 0 for others."""

    def __init__(self, dataset: Dataset) -> None:
        self._known = set(dataset.train.texts.to_pylist())

    def score(self, tweets: CleanedTweets) -> np.ndarray:
        return np.array([text in self._known for text in tweets.texts.to_pylist()], np.float32)


@pytest.mark.parametrize("folds", [2, 3])
def test_no_tweet_is_scored_by_a_model_that_was_fitted_on_it(
    folds: int, data: Path, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted_on: list[int] = []

    def fit(_spec: object, inputs: FittingInputs, *_: object) -> Memory:
        fitted_on.append(len(inputs.dataset.train))
        return Memory(inputs.dataset)

    monkeypatch.setattr(teacher_scores, "fit_model", fit)
    path = make_teacher_scores(EXPERIMENT, ExperimentInputs(data), tmp_path, None, folds=folds)  # type: ignore[arg-type] # no observer
    held = load_file(path)
    repeated = np.isin(dataset.train.texts.to_pylist(), _repeated(dataset.train))
    assert not held["train/scores"][~repeated].any()
    np.testing.assert_array_equal(held["train/labels"], dataset.train.labels)
    assert sum(fitted_on) == (folds - 1) * len(dataset.train)


def test_folds_are_deterministic_and_of_one_size() -> None:
    found = assign_folds(100, 3, seed=7)
    assert sorted(np.bincount(found)) == [33, 33, 34]
    np.testing.assert_array_equal(found, assign_folds(100, 3, seed=7))


def test_each_fold_has_its_own_fingerprint(dataset: Dataset) -> None:
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


def test_missing_vectors_are_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="needs --glove"):
        make_teacher_scores(find_experiment("glove_lstm"), ExperimentInputs(data), tmp_path, None, folds=2)  # type: ignore[arg-type] # no observer
    assert not list(tmp_path.iterdir())


def _repeated(tweets: CleanedTweets) -> list[str]:
    texts, numbers = np.unique(tweets.texts.to_pylist(), return_counts=True)
    return [str(text) for text in texts[numbers > 1]]
