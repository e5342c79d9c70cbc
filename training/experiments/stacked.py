"""A recurrent network and an n-gram term, fitted one after the other and scored as one network.

Fitted together, the n-gram term memorises rare n-grams long before the recurrent part is done. Fitted independently, both
spend weights on what the other knows. The n-gram term adds most when it is fitted to the network's residual. The share of each
logit is fitted on the validation and multiplied into the weights of the last layer.
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
from training.data.distillation import average_teacher_logits, to_logits
from training.neural.fitted_recurrent import shrink
from training.neural.recurrent import fit_recurrent
from training.ngrams.ngram_model import NgramModel, choose_fingerprints, count_ngrams
from training.ngrams.residual import fit_residual

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from model_registry.text.vocabulary import Vocabulary
    from training.data.dataset import Dataset
    from training.fitting import FittingInputs, Tensors
    from training.neural.fitted_recurrent import FittedRecurrent
    from training.neural.observer import FittingObserver
    from training.specs import ResidualSpec, StackedSpec


@dataclass(frozen=True, slots=True)
class LogitShares:
    """The logit is ``deep`` · the recurrent network's + ``wide`` · the n-gram term's + ``intercept``."""

    deep: float
    wide: float
    intercept: float


def fit_stacked(
    spec: StackedSpec, inputs: FittingInputs, folder: Path, observer: FittingObserver
) -> FittedRecurrent:
    """Fit both parts and their shares. The recurrent part is the experiment of its own name, in a folder beside ``folder``.

    A recurrent part that is finished is read, not fitted again. The n-gram term is fitted to the words that are deployed.

    :raises Usage: if vectors or teachers are not given.
    :raises DataRefused: if a teacher scored other tweets.
    :raises Misconfigured: if vectors or a checkpoint are invalid.
    """
    deep_folder = folder.parent / spec.deep.name
    deep_folder.mkdir(parents=True, exist_ok=True)
    deep = fit_recurrent(spec.deep, inputs, deep_folder, observer)
    small = shrink(deep, spec.shipped_size)
    before = time.process_time()
    known = average_teacher_logits(inputs.teachers, inputs.dataset.train.labels) * spec.wide.known_share
    wide = fit_ngram_term(spec.wide, inputs.dataset, small.vocabulary, known.astype(np.float32))
    spent = time.process_time() - before
    validation = inputs.dataset.validation
    shares = fit_shares(validation.labels, small.score(validation), wide.score(validation))
    return replace(
        deep,
        spec=spec,
        network=deep.network.model_copy(
            update={"vocabulary_size": small.vocabulary.size, "ngram_term": wide.network.ngram_term}
        ),
        vocabulary=small.vocabulary,
        tensors=merge_tensors(small.tensors, wide.tensors, shares),
        parameters=deep.parameters + wide.network.ngram_term.buckets,
        cpu_seconds=deep.cpu_seconds + spent,
    )


def fit_ngram_term(
    spec: ResidualSpec, dataset: Dataset, vocabulary: Vocabulary, known: NDArray[np.float32]
) -> NgramModel:
    """Fit the n-gram term, as a model without a bias, to the residual of ``known``, the logits of the training tweets."""
    network = spec.network(vocabulary.size)
    fingerprints = choose_fingerprints(dataset.train.texts, network, vocabulary, spec.least_tweets)
    hasher = NgramHasher(network.ngram_term, vocabulary, fingerprints)
    counts = count_ngrams(dataset.train.texts, network, vocabulary, hasher)
    weights = fit_residual(counts, dataset.train.labels, known, spec)
    tensors = {
        NGRAM_WEIGHTS: weights[:, None],
        NGRAM_FINGERPRINTS: fingerprints,
        OUTPUT_BIAS: np.zeros(1, np.float32),
    }
    return NgramModel(network, vocabulary, tensors)


def fit_shares(labels: NDArray[np.int8], deep: NDArray[np.float32], wide: NDArray[np.float32]) -> LogitShares:
    """Fit the shares to labels [n] and both models' scores [n] of tweets that neither was fitted on."""
    logits = np.column_stack([to_logits(deep), to_logits(wide)])
    found = LogisticRegression(C=np.inf).fit(logits, labels)
    share_of_deep, share_of_wide = map(float, found.coef_[0])
    return LogitShares(share_of_deep, share_of_wide, intercept=float(found.intercept_[0]))


def merge_tensors(deep: Tensors, wide: Tensors, shares: LogitShares) -> dict[str, NDArray[np.floating]]:
    """Merge the weights of both models into those of one network."""
    bias = shares.deep * deep[OUTPUT_BIAS] + shares.wide * wide[OUTPUT_BIAS] + shares.intercept
    kernel, weights = shares.deep * deep[OUTPUT_KERNEL], shares.wide * wide[NGRAM_WEIGHTS]
    return {
        **deep,
        OUTPUT_KERNEL: kernel.astype(np.float32),
        OUTPUT_BIAS: bias.astype(np.float32),
        NGRAM_WEIGHTS: weights.astype(np.float32),
        NGRAM_FINGERPRINTS: wide[NGRAM_FINGERPRINTS],
    }
