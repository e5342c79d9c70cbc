"""Logistic regression over hashed n-grams, which a worker scores with at little cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from model_registry.networks.base import OUTPUT_BIAS
from model_registry.networks.ngram_term import NGRAM_FINGERPRINTS, NGRAM_WEIGHTS
from model_registry.scoring.engines.linear_engine import LinearEngine
from model_registry.text.ngrams import NO_BUCKET, NgramHasher, compute_fingerprints
from model_registry.text.vocabulary import Vocabulary
from training.data.dataset import count_words
from training.fitting import DeployableModel, round_to_half
from training.ngrams.columns import compute_column_shares

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from model_registry.networks.linear import LinearNetwork
    from training.data.dataset import CleanedTweets, Dataset
    from training.specs import NgramSpec

_ROWS_AT_ONCE: Final = 50_000
_MOST_STEPS: Final = 1_000
_TOLERANCE: Final = 1e-5
"""With scikit-learn's default, 1e-4, the solver may stop after seventeen steps: AUC .897 was measured where .909 is possible."""


@dataclass(frozen=True, slots=True)
class NgramModel:
    """A linear model of hashed n-grams."""

    network: LinearNetwork
    vocabulary: Vocabulary
    tensors: Mapping[str, NDArray[np.floating]]

    def score(self, tweets: CleanedTweets) -> NDArray[np.float32]:
        """Score tweets as a worker does: float32 [n], the probability of *positive*."""
        return self._score_with(self.tensors, tweets)

    def make_deployable(self) -> DeployableModel:
        """Return the model with its weights in half precision, not yet calibrated."""
        return DeployableModel(
            self.network, self.vocabulary, round_to_half(self.network, self.tensors), self._score_with
        )

    def _score_with(
        self, tensors: Mapping[str, NDArray[np.floating]], tweets: CleanedTweets
    ) -> NDArray[np.float32]:
        engine = LinearEngine(self.network, self.vocabulary, tensors)
        scores = np.empty(len(tweets), np.float32)
        for start in range(0, len(tweets), _ROWS_AT_ONCE):
            texts = tweets.texts.slice(start, _ROWS_AT_ONCE)
            batch = self.vocabulary.encode(texts, self.network.max_length)
            scores[start : start + _ROWS_AT_ONCE] = engine.predict(batch)
        return scores


@dataclass(frozen=True, slots=True)
class FittedNgramModel(NgramModel):
    """A fitted model (see :class:`training.fitting.FittedModel`)."""

    spec: NgramSpec
    dataset: Dataset
    parameters: int
    cpu_seconds: float

    @property
    def curve(self) -> tuple[()]:
        """Empty: the model is fitted in one go."""
        return ()


def fit_ngram_model(spec: NgramSpec, dataset: Dataset) -> FittedNgramModel:
    """Fit a spec with the most frequent words as vocabulary; the validation is left for calibration.

    ``parameters`` counts the weights of columns that occur in a tweet, and a bias.
    """
    words = count_words(dataset.train.texts)
    known = {word: number for word, number in words.items() if word not in dataset.names}
    vocabulary = Vocabulary.build(known, spec.vocabulary_size)
    network = spec.network(vocabulary.size)
    texts = dataset.train.texts
    before = time.process_time()
    tensors = (
        {}
        if spec.shared
        else {NGRAM_FINGERPRINTS: choose_fingerprints(texts, network, vocabulary, spec.least_tweets)}
    )
    hasher = NgramHasher(network.ngram_term, vocabulary, tensors.get(NGRAM_FINGERPRINTS))
    counts = count_ngrams(texts, network, vocabulary, hasher)
    columns = compute_column_shares(spec, counts, vocabulary, hasher)
    features = normalise_counts(counts) @ columns
    regression = LogisticRegression(C=spec.inverse_penalty, max_iter=_MOST_STEPS, tol=_TOLERANCE)
    regression.fit(features, dataset.train.labels)
    tensors |= {
        NGRAM_WEIGHTS: (columns @ regression.coef_.T).astype(np.float32),
        OUTPUT_BIAS: regression.intercept_.astype(np.float32),
    }
    return FittedNgramModel(
        spec=spec,
        network=network,
        vocabulary=vocabulary,
        tensors=tensors,
        dataset=dataset,
        parameters=int(np.count_nonzero(np.bincount(features.indices))) + 1,
        cpu_seconds=time.process_time() - before,
    )


def choose_fingerprints(
    texts: pa.StringArray, network: LinearNetwork, vocabulary: Vocabulary, least: int
) -> NDArray[np.float32]:
    """Return the fingerprint of each hash bucket's most frequent n-gram, float32 [buckets].

    An n-gram that occurs fewer than ``least`` times gets no bucket; a bucket without an n-gram holds 0.
    """
    hasher = NgramHasher(network.ngram_term, vocabulary)
    batches = [hasher.hash_ngrams(ids) for ids in _batches(texts, network, vocabulary)]
    hashes, times = np.unique(
        np.concatenate([found[is_ngram] for found, is_ngram in batches]), return_counts=True
    )
    frequent = np.flatnonzero(times >= least)
    ranked = hashes[frequent[np.argsort(times[frequent], kind="stable")]]
    fingerprints = np.zeros(network.ngram_term.buckets, np.float32)
    # If several n-grams share a bucket, the last assignment stays, which is the most frequent one.
    fingerprints[hasher.select_buckets(ranked)] = compute_fingerprints(ranked)
    return fingerprints


def count_ngrams(
    texts: pa.StringArray, network: LinearNetwork, vocabulary: Vocabulary, hasher: NgramHasher
) -> csr_array:
    """Count the n-grams of each hash bucket: sparse float32 [tweets, buckets]; n-grams without a bucket are left out."""
    columns, ends = [], [np.zeros(1, np.int64)]
    for ids in _batches(texts, network, vocabulary):
        buckets = hasher(ids)
        has_bucket = buckets != NO_BUCKET
        columns.append(buckets[has_bucket])
        ends.append(ends[-1][-1] + has_bucket.sum(axis=1).cumsum())
    found = np.concatenate(columns)
    ones = np.ones(len(found), np.float32)
    return csr_array((ones, found, np.concatenate(ends)), (len(texts), network.ngram_term.buckets))


def normalise_counts(counts: csr_array) -> csr_array:
    """Divide each tweet's counts by the square root of its number of n-grams, as the worker divides their sum."""
    number = np.diff(counts.indptr)
    shares = np.repeat(1 / np.sqrt(np.maximum(number, 1)), number).astype(np.float32)
    return csr_array((shares, counts.indices, counts.indptr), counts.shape)


def _batches(
    texts: pa.StringArray, network: LinearNetwork, vocabulary: Vocabulary
) -> Iterator[NDArray[np.int32]]:
    for start in range(0, len(texts), _ROWS_AT_ONCE):
        yield vocabulary.encode(texts.slice(start, _ROWS_AT_ONCE), network.max_length).ids
