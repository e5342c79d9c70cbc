"""What n-grams know that a network does not: logistic regression on top of the network's own logits.

It learns from what is left, so it spends no weight on what the network says already. The network's logits must come from
models that have not learnt these tweets (:mod:`training.experiments.teachers`): it would be too sure of those that it has.
Gradient steps are AdaGrad's: each n-gram has a rate of its own, which falls as it is met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from training.specs import ResidualSpec

    Floats = NDArray[np.float32]

_NO_STEP_AT_ALL: Final = 1e-6
"""Where each sum of squares starts: an n-gram that was never met has none, and its step would be 0 / 0."""


def fit_leftover(
    counts: csr_array, labels: NDArray[np.int8], known: NDArray[np.float32], spec: ResidualSpec
) -> Floats:
    """Fit a weight for each bucket, float32 [buckets], so that a tweet's logit is ``known`` and the sum of its n-grams' weights.

    :param counts: [tweets, buckets]; a tweet's sum is divided by the root of how many n-grams it has.
    :param known: [tweets], the logits that stay as they are.
    """
    weights = np.zeros(counts.shape[1], np.float32)
    squares = np.full_like(weights, _NO_STEP_AT_ALL)
    random = np.random.default_rng(spec.seed)
    mixed = random.permutation(len(labels))
    counts, labels, known = counts[mixed], labels[mixed], known[mixed]
    for _ in range(spec.passes):
        for batch in _batches(len(labels), spec.batch_size, random):
            gradient = _gradient(counts[batch], labels[batch], known[batch], weights)
            squares += gradient**2
            weights -= np.float32(spec.learning_rate) * gradient / np.sqrt(squares)
    return weights


def _batches(rows: int, size: int, random: np.random.Generator) -> Iterator[slice]:
    for start in random.permutation(np.arange(0, rows, size)).tolist():
        yield slice(start, start + size)


def _gradient(counts: csr_array, labels: NDArray[np.int8], known: Floats, weights: Floats) -> Floats:
    """Of the sum of the tweets' cross entropies, by each weight."""
    number = np.diff(counts.indptr)
    tweet = np.repeat(np.arange(len(labels)), number)
    share = (1 / np.sqrt(np.maximum(number, 1)))[tweet] * counts.data
    logits = known + np.bincount(tweet, weights[counts.indices] * share, len(labels))
    error = 1 / (1 + np.exp(-logits)) - labels
    gradient: Floats = np.bincount(counts.indices, share * error[tweet], len(weights)).astype(np.float32)
    return gradient
