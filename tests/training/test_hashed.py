from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("sklearn")

from model_registry.evaluation import evaluate
from model_registry.network import LinearNetwork, Wide
from model_registry.packing import pack
from model_registry.scorer import Scorer
from model_registry.vocabulary import Vocabulary
from tests.training import corpus
from training.dataset import LabelledTweets
from training.hashed import TrainedHashed, ngram_counts, train_hashed
from training.hashed_export import linear_draft
from training.variant import HashedVariant

if TYPE_CHECKING:
    from training.dataset import Dataset


@pytest.fixture(scope="module")
def trained(dataset: Dataset) -> TrainedHashed:
    return train_hashed(HashedVariant(name="tiny", buckets=1 << 12, inverse_penalty=1.0), dataset)


def test_it_learns(trained: TrainedHashed) -> None:
    test = trained.dataset.test
    scores = trained.score(test)
    assert scores.dtype == np.float32
    assert evaluate(test.labels, scores).auc > 0.9
    assert trained.cpu_seconds > 0
    assert trained.parameters == 1 << 12


def test_it_scores_what_scikit_learn_fitted(trained: TrainedHashed) -> None:
    """The sums of its own matrix, by which it was fitted, are those of the engine."""
    test = trained.dataset.test
    features = ngram_counts(test.texts, trained.network, trained.vocabulary)
    logits = features @ trained.tensors["wide/weights"][:, 0] + trained.tensors["output/bias"][0]
    np.testing.assert_allclose(trained.score(test), 1 / (1 + np.exp(-logits)), rtol=0, atol=1e-6)


def test_n_grams_are_counted() -> None:
    network = LinearNetwork(vocabulary_size=4, wide=Wide(buckets=1 << 20, longest=2))
    counts = ngram_counts(pa.array(["late late crew", ""]), network, Vocabulary(("late", "crew")))
    assert counts.shape == (2, 1 << 20)
    assert counts.sum(axis=1).tolist() == [5, 1]  # an empty tweet is one unknown word
    assert sorted(counts[[0]].toarray()[0, np.unique(counts[[0]].indices)]) == [1, 1, 1, 2]


def test_as_it_is_registered_it_scores_raw_texts(trained: TrainedHashed) -> None:
    artifact = pack(linear_draft(trained)).open()
    assert artifact.tensors["wide/weights"].dtype == np.float16
    assert artifact.manifest.kind == "linear"
    table = corpus.tweets(120, seed=2)
    scores = Scorer.open(artifact).score(table["text"])
    measured = artifact.manifest.metrics["test"]
    assert evaluate(table["label"].to_numpy(), scores).accuracy == measured.accuracy
    assert "Logistic regression" in linear_draft(trained).documents["model_card.md"].decode()


def test_an_empty_tweet_gets_a_score_too(trained: TrainedHashed) -> None:
    assert 0 < trained.score(LabelledTweets(pa.array([""]), np.zeros(1, np.int8)))[0] < 1
