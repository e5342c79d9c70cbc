"""Logistic regression over hashed n-grams: what a worker can score with at little cost."""

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
from training.data.encoded import count_words
from training.ngrams.columns import columns_of

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
"""scikit-learn's own, 1e-4, ends after seventeen steps or a hundred, as it happens: once with .897 AUC where .909 was there."""


@dataclass(frozen=True, slots=True)
class NgramModel:
    """A linear model of hashed n-grams."""

    network: LinearNetwork
    vocabulary: Vocabulary
    tensors: Mapping[str, NDArray[np.floating]]

    def score(self, tweets: CleanedTweets) -> NDArray[np.float32]:
        """Score tweets as a worker does: float32 [n], the probability of positive."""
        engine = LinearEngine(self.network, self.vocabulary, self.tensors)
        scores = np.empty(len(tweets), np.float32)
        for start in range(0, len(tweets), _ROWS_AT_ONCE):
            texts = tweets.texts.slice(start, _ROWS_AT_ONCE)
            batch = self.vocabulary.encode(texts, self.network.max_length)
            scores[start : start + _ROWS_AT_ONCE] = engine.predict(batch)
        return scores


@dataclass(frozen=True, slots=True)
class FittedNgramModel(NgramModel):
    """A fitted model with the data it saw, and the processor time that fitting took."""

    spec: NgramSpec
    dataset: Dataset
    parameters: int
    cpu_seconds: float

    @property
    def curve(self) -> tuple[()]:
        """Nothing: it is fitted in one go."""
        return ()


def train_hashed(spec: NgramSpec, dataset: Dataset) -> FittedNgramModel:
    """Fit ``spec``, knowing the most frequent words; the validation is left for its calibration.

    Its parameters are the weights of columns that a tweet has, and a bias.
    """
    vocabulary = _public_words(dataset, spec.vocabulary_size)
    network = spec.network(vocabulary.size)
    texts = dataset.train.texts
    before = time.process_time()
    kept = {} if spec.shared else {NGRAM_FINGERPRINTS: choose(texts, network, vocabulary, spec.least_tweets)}
    hasher = NgramHasher(network.ngram_term, vocabulary, kept.get(NGRAM_FINGERPRINTS))
    counts = ngram_counts(texts, network, vocabulary, hasher)
    columns = columns_of(spec, counts, vocabulary, hasher)
    features = rooted(counts) @ columns
    regression = LogisticRegression(C=spec.inverse_penalty, max_iter=_MOST_STEPS, tol=_TOLERANCE)
    regression.fit(features, dataset.train.labels)
    return FittedNgramModel(
        spec=spec,
        network=network,
        vocabulary=vocabulary,
        tensors=kept
        | {
            NGRAM_WEIGHTS: (columns @ regression.coef_.T).astype(np.float32),
            OUTPUT_BIAS: regression.intercept_.astype(np.float32),
        },
        dataset=dataset,
        parameters=int(np.count_nonzero(np.bincount(features.indices))) + 1,
        cpu_seconds=time.process_time() - before,
    )


def _public_words(dataset: Dataset, size: int) -> Vocabulary:
    counts = count_words(dataset.train.texts)
    public = {word: number for word, number in counts.items() if word not in dataset.names}
    return Vocabulary.build(public, size)


def choose(
    texts: pa.StringArray, network: LinearNetwork, vocabulary: Vocabulary, least: int
) -> NDArray[np.float32]:
    """Choose for each bucket the most frequent n-gram, if it comes ``least`` times; give its fingerprint, float32 [buckets]."""
    hasher = NgramHasher(network.ngram_term, vocabulary)
    batches = [hasher.hash_ngrams(ids) for ids in _batches(texts, network, vocabulary)]
    hashes, times = np.unique(np.concatenate([found[told] for found, told in batches]), return_counts=True)
    frequent = np.flatnonzero(times >= least)
    ranked = hashes[frequent[np.argsort(times[frequent], kind="stable")]]
    fingerprints = np.zeros(network.ngram_term.buckets, np.float32)
    fingerprints[hasher.select_buckets(ranked)] = compute_fingerprints(
        ranked
    )  # of those in one bucket the last one stays
    return fingerprints


def ngram_counts(
    texts: pa.StringArray, network: LinearNetwork, vocabulary: Vocabulary, hasher: NgramHasher
) -> csr_array:
    """Count the n-grams of each bucket: sparse float32 [tweets, buckets], with nothing in nobody's."""
    columns, ends = [], [np.zeros(1, np.int64)]
    for ids in _batches(texts, network, vocabulary):
        buckets = hasher(ids)
        told = buckets != NO_BUCKET
        columns.append(buckets[told])
        ends.append(ends[-1][-1] + told.sum(axis=1).cumsum())
    found = np.concatenate(columns)
    ones = np.ones(len(found), np.float32)
    return csr_array((ones, found, np.concatenate(ends)), (len(texts), network.ngram_term.buckets))


def rooted(counts: csr_array) -> csr_array:
    """Divide each tweet's counts by the root of how many n-grams it has, as a worker will divide their sum."""
    number = np.diff(counts.indptr)
    shares = np.repeat(1 / np.sqrt(np.maximum(number, 1)), number).astype(np.float32)
    return csr_array((shares, counts.indices, counts.indptr), counts.shape)


def _batches(
    texts: pa.StringArray, network: LinearNetwork, vocabulary: Vocabulary
) -> Iterator[NDArray[np.int32]]:
    for start in range(0, len(texts), _ROWS_AT_ONCE):
        yield vocabulary.encode(texts.slice(start, _ROWS_AT_ONCE), network.max_length).ids
