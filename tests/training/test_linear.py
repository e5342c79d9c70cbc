from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("sklearn")

from model_registry.evaluation import evaluate
from training.dataset import LabelledTweets
from training.linear import TrainedLinear, train_linear
from training.variant import LinearVariant

if TYPE_CHECKING:
    from pathlib import Path

VARIANTS = {
    "hashing": LinearVariant(name="hashing", features="hashing", hashes=64),
    "tfidf": LinearVariant(name="tfidf", features="tfidf", least_tweets=2),
}


@pytest.fixture(scope="module", params=VARIANTS)
def trained(request: pytest.FixtureRequest, data: Path) -> TrainedLinear:
    return train_linear(VARIANTS[request.param], data)


def test_it_learns(trained: TrainedLinear) -> None:
    test = trained.dataset.test
    scores = trained.score(test)
    assert scores.dtype == np.float32
    assert evaluate(test.labels, scores).auc > 0.9
    assert trained.cpu_seconds > 0


def test_its_parameters_are_a_weight_for_each_feature_and_a_bias(data: Path) -> None:
    assert train_linear(VARIANTS["hashing"], data).parameters == 65
    words = train_linear(VARIANTS["tfidf"], data)
    vocabulary = words.pipeline[0].vocabulary_
    assert words.parameters == len(vocabulary) + 1
    assert {"crew", "the crew"} <= vocabulary.keys()


def test_single_letters_count_as_words(data: Path) -> None:
    """As the cleaned texts part them: "i" is a word, though scikit-learn would drop it."""
    vectorizer = train_linear(VARIANTS["hashing"], data).pipeline[0]
    assert vectorizer.transform(["i"]).sum() == 1


def test_the_same_data_give_the_same_model(trained: TrainedLinear, data: Path) -> None:
    again = train_linear(trained.variant, data)
    np.testing.assert_array_equal(again.score(again.dataset.test), trained.score(trained.dataset.test))


def test_an_empty_tweet_gets_a_score_too(trained: TrainedLinear) -> None:
    assert 0 < trained.score(LabelledTweets(pa.array([""]), np.zeros(1, np.int8)))[0] < 1
