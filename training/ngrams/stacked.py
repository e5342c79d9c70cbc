"""A recurrent network, and beside it a wide term, fitted one after the other and scored as one network.

Fitted together, the wide term learns rare n-grams by heart long before the recurrent part is done. Fitted apart, both spend
their weights on what the other knows, too. Fitted to what the network leaves, the wide term adds most. How much each of the
logits counts is found on the validation, and multiplied into the weights of the last layer.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from model_registry.networks.base import OUTPUT_BIAS, OUTPUT_KERNEL
from model_registry.networks.ngram_term import NGRAM_FINGERPRINTS, NGRAM_WEIGHTS
from model_registry.text.ngrams import NgramHasher
from training.data.distillation import heard, logits_of
from training.export.recurrent import scores_of, shrink
from training.neural.recurrent import FittedRecurrent, train
from training.ngrams.hashed import NgramModel, choose, ngram_counts
from training.ngrams.residual import fit_leftover

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from model_registry.text.vocabulary import Vocabulary
    from training.data.dataset import Dataset
    from training.neural.recurrent import Sources
    from training.neural.watcher import Watcher
    from training.specs import ResidualSpec, StackedSpec


@dataclass(frozen=True, slots=True)
class Shares:
    """The logit becomes ``deep`` · the recurrent network's + ``wide`` · the wide term's + ``intercept``."""

    deep: float
    wide: float
    intercept: float


def train_stacked(spec: StackedSpec, sources: Sources, rows: Path, watcher: Watcher) -> FittedRecurrent:
    """Fit both parts, and weigh them. The recurrent one is fitted, or taken if it is finished, in its row's folder in ``rows``.

    The wide term sees only words that will be shipped, so it is fitted to what it will meet.

    :raises Usage: if vectors or teachers are not given.
    :raises DataRefused: if a teacher is not of these tweets.
    :raises Misconfigured: if vectors or a checkpoint are not what they should be.
    """
    folder = rows / spec.deep.name
    folder.mkdir(parents=True, exist_ok=True)
    deep = train(spec.deep, sources, folder, resume=True, watcher=watcher)
    small = shrink(deep, spec.deep.shipped_size)
    before = time.process_time()
    known = heard(sources.teachers, sources.dataset.train.labels) * spec.wide.known_share
    wide = fit_wide(spec.wide, sources.dataset, small.vocabulary, known.astype(np.float32))
    spent = time.process_time() - before
    validation = sources.dataset.validation
    shares = weigh(validation.labels, scores_of(small, validation), wide.score(validation))
    return replace(
        deep,
        spec=spec.as_one(),
        network=small.network.model_copy(update={"ngram_term": wide.network.ngram_term}),
        vocabulary=small.vocabulary,
        tensors=stacked(small.tensors, wide.tensors, shares),
        parameters=deep.parameters + wide.network.ngram_term.buckets,
        cpu_seconds=deep.cpu_seconds + spent,
        beside=spec.wide,
    )


def fit_wide(
    spec: ResidualSpec, dataset: Dataset, vocabulary: Vocabulary, known: NDArray[np.float32]
) -> NgramModel:
    """Fit the wide term, as a model of its own without a bias, to what ``known``, the logits of the train part, leaves."""
    network = spec.network(vocabulary.size)
    fingerprints = choose(dataset.train.texts, network, vocabulary, spec.least_tweets)
    hasher = NgramHasher(network.ngram_term, vocabulary, fingerprints)
    counts = ngram_counts(dataset.train.texts, network, vocabulary, hasher)
    weights = fit_leftover(counts, dataset.train.labels, known, spec)
    tensors = {
        NGRAM_WEIGHTS: weights[:, None],
        NGRAM_FINGERPRINTS: fingerprints,
        OUTPUT_BIAS: np.zeros(1, np.float32),
    }
    return NgramModel(network, vocabulary, tensors)


def weigh(labels: NDArray[np.int8], deep: NDArray[np.float32], wide: NDArray[np.float32]) -> Shares:
    """Find the shares that explain labels [n] best, of both models' scores [n] of tweets that neither has learnt."""
    logits = np.column_stack([logits_of(deep), logits_of(wide)])
    found = LogisticRegression(C=np.inf).fit(logits, labels)
    share_of_deep, share_of_wide = map(float, found.coef_[0])
    return Shares(share_of_deep, share_of_wide, intercept=float(found.intercept_[0]))


def stacked(
    deep: Mapping[str, NDArray[np.floating]], wide: Mapping[str, NDArray[np.floating]], shares: Shares
) -> dict[str, NDArray[np.floating]]:
    """Make one network's weights of two models'."""
    bias = shares.deep * deep[OUTPUT_BIAS] + shares.wide * wide[OUTPUT_BIAS] + shares.intercept
    kernel, weights = shares.deep * deep[OUTPUT_KERNEL], shares.wide * wide[NGRAM_WEIGHTS]
    return {
        **deep,
        OUTPUT_KERNEL: kernel.astype(np.float32),
        OUTPUT_BIAS: bias.astype(np.float32),
        NGRAM_WEIGHTS: weights.astype(np.float32),
        NGRAM_FINGERPRINTS: wide[NGRAM_FINGERPRINTS],
    }
