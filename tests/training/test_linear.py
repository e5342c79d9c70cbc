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
    from training.dataset import Dataset

VARIANTS = {
    "hashing": LinearVariant(name="hashing", features="hashing", hashes=64),
    "tfidf": LinearVariant(name="tfidf", features="tfidf", least_tweets=2),
    "characters": LinearVariant(name="characters", features="characters", hashes=1 << 12, longest=4),
}


@pytest.fixture(scope="module", params=VARIANTS)
def trained(request: pytest.FixtureRequest, dataset: Dataset) -> TrainedLinear:
    return train_linear(VARIANTS[request.param], dataset)


def test_it_learns(trained: TrainedLinear) -> None:
    test = trained.dataset.test
    scores = trained.score(test)
    assert scores.dtype == np.float32
    assert evaluate(test.labels, scores).auc > 0.9
    assert trained.cpu_seconds > 0


def test_its_parameters_are_a_weight_for_each_feature_and_a_bias(dataset: Dataset) -> None:
    assert train_linear(VARIANTS["hashing"], dataset).parameters == 65
    words = train_linear(VARIANTS["tfidf"], dataset)
    vocabulary = words.pipeline[0].vocabulary_
    assert words.parameters == len(vocabulary) + 1
    assert {"crew", "the crew"} <= vocabulary.keys()


def test_single_letters_count_as_words(dataset: Dataset) -> None:
    """As the cleaned texts part them: "i" is a word, though scikit-learn would drop it."""
    vectorizer = train_linear(VARIANTS["hashing"], dataset).pipeline[0]
    assert vectorizer.transform(["i"]).sum() == 1


def test_letters_of_a_misspelt_word_are_known_ones(dataset: Dataset) -> None:
    """Runs of letters do not cross words; a blank stands at a word's begin and end."""
    vectorizer = train_linear(VARIANTS["characters"], dataset).pipeline[0]
    assert set(vectorizer.build_analyzer()("ok so")) == {
        *(" o", "ok", "k ", " ok", "ok ", " ok "),
        *(" s", "so", "o ", " so", "so ", " so "),
    }


def test_the_same_data_give_the_same_model(trained: TrainedLinear, dataset: Dataset) -> None:
    again = train_linear(trained.variant, dataset)
    np.testing.assert_array_equal(again.score(again.dataset.test), trained.score(trained.dataset.test))


def test_an_empty_tweet_gets_a_score_too(trained: TrainedLinear) -> None:
    assert 0 < trained.score(LabelledTweets(pa.array([""]), np.zeros(1, np.int8)))[0] < 1
