from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

pytest.importorskip("sklearn")


from model_registry.evaluation import evaluate
from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.package.model_draft import pack
from model_registry.scoring.scorer import Scorer
from model_registry.text.ngrams import NgramHasher, open_hasher
from model_registry.text.vocabulary import Vocabulary
from tests.training import corpus
from training.data.dataset import CleanedTweets
from training.export.draft import draft_model
from training.ngrams.ngram_model import (
    FittedNgramModel,
    choose_fingerprints,
    count_ngrams,
    fit_ngram_model,
    normalise_counts,
)
from training.specs import NgramSpec

if TYPE_CHECKING:
    from training.data.dataset import Dataset

NETWORK = LinearNetwork(vocabulary_size=4, ngram_term=NgramTerm(buckets=1 << 20, longest_ngram=2))


@pytest.fixture(scope="module")
def fitted(dataset: Dataset) -> FittedNgramModel:
    return fit_ngram_model(NgramSpec(name="tiny", buckets=1 << 12, inverse_penalty=1.0), dataset)


def test_it_separates_the_classes(fitted: FittedNgramModel) -> None:
    test = fitted.dataset.test
    scores = fitted.score(test)
    assert scores.dtype == np.float32
    assert evaluate(test.labels, scores).auc > 0.9
    assert fitted.cpu_seconds > 0


def test_parameters_count_used_n_grams_and_a_bias(
    fitted: FittedNgramModel,
) -> None:
    assert fitted.parameters == np.count_nonzero(fitted.tensors["wide/weights"]) + 1


def test_scores_are_those_of_scikit_learn_s_matrix(fitted: FittedNgramModel) -> None:
    """The engine adds up what the matrix product adds up."""
    test = fitted.dataset.test
    hasher = open_hasher(fitted.network.ngram_term, fitted.vocabulary, fitted.tensors)
    assert hasher is not None
    counts = count_ngrams(test.texts, fitted.network, fitted.vocabulary, hasher)
    logits = (
        normalise_counts(counts) @ fitted.tensors["wide/weights"][:, 0] + fitted.tensors["output/bias"][0]
    )
    np.testing.assert_allclose(fitted.score(test), 1 / (1 + np.exp(-logits)), rtol=0, atol=1e-6)


def test_n_grams_are_counted() -> None:
    words = Vocabulary(("late", "crew"))
    counts = count_ngrams(
        pa.array(["late late crew", ""]), NETWORK, words, NgramHasher(NETWORK.ngram_term, words)
    )
    assert counts.shape == (2, 1 << 20)
    assert counts.sum(axis=1).tolist() == [5, 1]  # an empty tweet is one unknown word
    assert sorted(counts[[0]].toarray()[0, np.unique(counts[[0]].indices)]) == [1, 1, 1, 2]


def test_a_bucket_keeps_its_most_frequent_n_gram() -> None:
    words = Vocabulary(("late", "crew"))
    texts = pa.array(["crew late", "late", "late late"])
    for buckets, least, wanted in ((1 << 20, 1, ["late", "crew"]), (1 << 20, 2, ["late"]), (2, 1, ["late"])):
        network = NETWORK.model_copy(update={"ngram_term": NgramTerm(buckets=buckets, longest_ngram=1)})
        fingerprints = choose_fingerprints(texts, network, words, least)
        known = NgramHasher(network.ngram_term, words, fingerprints)(np.array([[2], [3]], np.int32))
        assert [word for word, (bucket,) in zip(words.tokens, known, strict=True) if bucket] == wanted


def test_counts_are_divided_by_the_root_of_the_tweet_s_n_grams() -> None:
    counts = csr_array(np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0]], np.float32))
    features = normalise_counts(counts).toarray()
    np.testing.assert_allclose(features, [[0.5**0.5, 0.5**0.5, 0], [1, 0, 0], [1, 0, 0]], rtol=1e-6)


def test_a_word_s_weight_is_the_sum_of_its_letter_runs(dataset: Dataset) -> None:
    spec = NgramSpec(name="tiny", buckets=1 << 12, longest=1, letters=4, least_tweets=1)
    known = fit_ngram_model(spec, dataset)
    weights = known.tensors["wide/weights"]
    assert known.parameters > np.count_nonzero(weights) + 1  # runs of letters are more than words
    assert evaluate(dataset.test.labels, known.score(dataset.test)).auc > 0.9


def test_shared_buckets_need_no_fingerprints(dataset: Dataset) -> None:
    spec = NgramSpec(name="tiny", buckets=65, longest=2, shared=True)
    hashed = fit_ngram_model(spec, dataset)
    assert hashed.parameters < 65
    assert hashed.tensors.keys() == {"wide/weights", "output/bias"}
    assert evaluate(dataset.test.labels, hashed.score(dataset.test)).auc > 0.9


def test_the_registered_model_scores_raw_texts_as_measured(fitted: FittedNgramModel) -> None:
    test = fitted.dataset.test
    draft = draft_model(fitted, {"test": test}, evaluate(test.labels, fitted.score(test)), vectors=None)
    model = pack(draft).open()
    assert model.tensors["wide/weights"].dtype == np.float16
    assert model.manifest.kind == "linear"
    table = corpus.tweets(120, seed=2)
    scores = Scorer.open(model).score(table["text"])
    measured = model.manifest.metrics["test"]
    assert evaluate(table["label"].to_numpy(), scores).accuracy == measured.accuracy
    assert draft.training.vectors == "none: n-grams are hashed"
    assert draft.training.notes == ""
    assert "Logistic regression" in draft.documents["model_card.md"].decode()


def test_an_empty_tweet_gets_a_score(fitted: FittedNgramModel) -> None:
    assert 0 < fitted.score(CleanedTweets(pa.array([""]), np.zeros(1, np.int8)))[0] < 1
