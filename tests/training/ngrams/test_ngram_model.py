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
from training.ngrams.columns import column_shares, inverse_document_frequency
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
def trained(dataset: Dataset) -> FittedNgramModel:
    return fit_ngram_model(NgramSpec(name="tiny", buckets=1 << 12, inverse_penalty=1.0), dataset)


def test_it_learns(trained: FittedNgramModel) -> None:
    test = trained.dataset.test
    scores = trained.score(test)
    assert scores.dtype == np.float32
    assert evaluate(test.labels, scores).auc > 0.9
    assert trained.cpu_seconds > 0


def test_its_parameters_are_a_weight_for_each_n_gram_that_counts_and_a_bias(
    trained: FittedNgramModel,
) -> None:
    assert trained.parameters == np.count_nonzero(trained.tensors["wide/weights"]) + 1


def test_it_scores_what_scikit_learn_fitted(trained: FittedNgramModel) -> None:
    """The sums of its own matrix, by which it was fitted, are those of the engine."""
    test = trained.dataset.test
    hasher = open_hasher(trained.network.ngram_term, trained.vocabulary, trained.tensors)
    assert hasher is not None
    counts = count_ngrams(test.texts, trained.network, trained.vocabulary, hasher)
    logits = (
        normalise_counts(counts) @ trained.tensors["wide/weights"][:, 0] + trained.tensors["output/bias"][0]
    )
    np.testing.assert_allclose(trained.score(test), 1 / (1 + np.exp(-logits)), rtol=0, atol=1e-6)


def test_n_grams_are_counted() -> None:
    words = Vocabulary(("late", "crew"))
    counts = count_ngrams(
        pa.array(["late late crew", ""]), NETWORK, words, NgramHasher(NETWORK.ngram_term, words)
    )
    assert counts.shape == (2, 1 << 20)
    assert counts.sum(axis=1).tolist() == [5, 1]  # an empty tweet is one unknown word
    assert sorted(counts[[0]].toarray()[0, np.unique(counts[[0]].indices)]) == [1, 1, 1, 2]


def test_the_most_frequent_n_gram_of_a_bucket_is_chosen_if_it_is_frequent() -> None:
    words = Vocabulary(("late", "crew"))
    texts = pa.array(["crew late", "late", "late late"])
    for buckets, least, wanted in ((1 << 20, 1, ["late", "crew"]), (1 << 20, 2, ["late"]), (2, 1, ["late"])):
        network = NETWORK.model_copy(update={"ngram_term": NgramTerm(buckets=buckets, longest_ngram=1)})
        fingerprints = choose_fingerprints(texts, network, words, least)
        known = NgramHasher(network.ngram_term, words, fingerprints)(np.array([[2], [3]], np.int32))
        assert [word for word, (bucket,) in zip(words.tokens, known, strict=True) if bucket] == wanted


def test_tweets_are_scaled_by_length_and_n_grams_by_rarity() -> None:
    counts = csr_array(np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0]], np.float32))
    assert inverse_document_frequency(counts) == pytest.approx(
        [0.1, 0.1 * (np.log(2) + 1), 0.1 * (np.log(4) + 1)]
    )
    features = normalise_counts(counts).toarray()
    np.testing.assert_allclose(features, [[0.5**0.5, 0.5**0.5, 0], [1, 0, 0], [1, 0, 0]], rtol=1e-6)


def test_n_grams_that_share_a_bucket_are_as_common_as_they_come() -> None:
    shared = NgramSpec(name="tiny", shared=True)
    words = Vocabulary(("late",))
    hasher = NgramHasher(NETWORK.ngram_term, words)
    counts = csr_array(np.ones((2, 3), np.float32))
    np.testing.assert_array_equal(column_shares(shared, counts, words, hasher).toarray(), np.eye(3))


def test_words_spelt_alike_share_columns() -> None:
    """Runs of letters do not cross words, and a word's ends belong to them: " late " and " late" are not the same."""
    words = Vocabulary(("late", "laate", "xyz"))
    hasher = NgramHasher(NETWORK.ngram_term, words)
    (late,), (laate,), (other,) = hasher(np.array([[2], [3], [4]], np.int32)).tolist()
    counts = csr_array(np.zeros((0, NETWORK.ngram_term.buckets), np.float32))
    spelt = column_shares(NgramSpec(name="tiny", letters=3, longest=1), counts, words, hasher)
    rarity = float(inverse_document_frequency(counts)[0])
    alike = (spelt @ spelt.T).tocsr() / rarity**2
    assert alike[late, late] == pytest.approx(1, rel=1e-6)
    assert alike[late, other] == 0
    shared, of_late, of_laate = 7, 9, 11  # " l", "la", "at", "te", "e ", " la", "ate", "te " are in both
    assert alike[late, laate] == pytest.approx(shared / (of_late * of_laate) ** 0.5, rel=0.2)
    assert np.diff(spelt.indptr).sum() == of_late + of_laate + 7


def test_a_word_is_worth_what_its_letters_are(dataset: Dataset) -> None:
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


def test_as_it_is_registered_it_scores_raw_texts(trained: FittedNgramModel) -> None:
    test = trained.dataset.test
    draft = draft_model(trained, {"test": test}, evaluate(test.labels, trained.score(test)), vectors=None)
    artifact = pack(draft).open()
    assert artifact.tensors["wide/weights"].dtype == np.float16
    assert artifact.manifest.kind == "linear"
    table = corpus.tweets(120, seed=2)
    scores = Scorer.open(artifact).score(table["text"])
    measured = artifact.manifest.metrics["test"]
    assert evaluate(table["label"].to_numpy(), scores).accuracy == measured.accuracy
    assert draft.training.vectors == "none: n-grams are hashed"
    assert draft.training.notes == ""
    assert "Logistic regression" in draft.documents["model_card.md"].decode()


def test_an_empty_tweet_gets_a_score_too(trained: FittedNgramModel) -> None:
    assert 0 < trained.score(CleanedTweets(pa.array([""]), np.zeros(1, np.int8)))[0] < 1
