from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

pytest.importorskip("sklearn")

from model_registry.evaluation import evaluate
from model_registry.network import LinearNetwork, Wide
from model_registry.ngrams import NgramHasher, hasher_of
from model_registry.packing import pack
from model_registry.scorer import Scorer
from model_registry.vocabulary import Vocabulary
from tests.training import corpus
from training.dataset import LabelledTweets
from training.hashed import TrainedHashed, choose, ngram_counts, scaled, train_hashed
from training.hashed_export import linear_draft
from training.variant import HashedVariant

if TYPE_CHECKING:
    from training.dataset import Dataset

NETWORK = LinearNetwork(vocabulary_size=4, wide=Wide(buckets=1 << 20, longest=2))


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
    hasher = hasher_of(trained.network.wide, trained.vocabulary, trained.tensors)
    assert hasher is not None
    counts = ngram_counts(test.texts, trained.network, trained.vocabulary, hasher)
    features, rarity = scaled(counts)
    logits = features @ (trained.tensors["wide/weights"][:, 0] / rarity) + trained.tensors["output/bias"][0]
    np.testing.assert_allclose(trained.score(test), 1 / (1 + np.exp(-logits)), rtol=0, atol=1e-6)


def test_n_grams_are_counted() -> None:
    words = Vocabulary(("late", "crew"))
    counts = ngram_counts(pa.array(["late late crew", ""]), NETWORK, words, NgramHasher(NETWORK.wide, words))
    assert counts.shape == (2, 1 << 20)
    assert counts.sum(axis=1).tolist() == [5, 1]  # an empty tweet is one unknown word
    assert sorted(counts[[0]].toarray()[0, np.unique(counts[[0]].indices)]) == [1, 1, 1, 2]


def test_the_most_frequent_n_gram_of_a_bucket_is_chosen_if_it_is_frequent() -> None:
    words = Vocabulary(("late", "crew"))
    texts = pa.array(["crew late", "late", "late late"])
    for buckets, least, wanted in ((1 << 20, 1, ["late", "crew"]), (1 << 20, 2, ["late"]), (2, 1, ["late"])):
        network = NETWORK.model_copy(update={"wide": Wide(buckets=buckets, longest=1)})
        fingerprints = choose(texts, network, words, least)
        known = NgramHasher(network.wide, words, fingerprints)(np.array([[2], [3]], np.int32))
        assert [word for word, (bucket,) in zip(words.tokens, known, strict=True) if bucket] == wanted


def test_tweets_are_scaled_by_length_and_n_grams_by_rarity() -> None:
    counts = csr_array(np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0]], np.float32))
    features, rarity = scaled(counts)
    assert rarity == pytest.approx([0.1, 0.1 * (np.log(2) + 1), 0.1 * (np.log(4) + 1)])
    np.testing.assert_allclose(features.toarray()[0], rarity * [0.5**0.5, 0.5**0.5, 0], rtol=1e-6)
    np.testing.assert_allclose(features.toarray()[1:], [[0.1, 0, 0]] * 2, rtol=1e-6)


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
