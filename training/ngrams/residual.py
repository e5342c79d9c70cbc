"""An n-gram term fitted to the residual of a network: logistic regression on top of the network's own logits.

The term spends no weight on what the network predicts already. The logits must come from models that were not fitted on
these tweets (:mod:`training.experiments.teacher_scores`): a network is too sure of tweets that it was fitted on.
Gradient steps are AdaGrad's: each n-gram has its own learning rate, which falls with each update.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from training.specs import ResidualSpec

    Floats = NDArray[np.float32]

_FIRST_SQUARES: Final = 1e-6
"""Where each sum of squared gradients starts: without it, the step of an n-gram that never occurs would be 0 / 0."""


def fit_residual(
    counts: csr_array, labels: NDArray[np.int8], known: NDArray[np.float32], spec: ResidualSpec
) -> Floats:
    """Fit a weight for each hash bucket, float32 [buckets]: a tweet's logit is ``known`` plus the weights of its n-grams.

    :param counts: [tweets, buckets]; a tweet's sum is divided by the square root of its number of n-grams.
    :param known: [tweets], the logits that stay as they are.
    """
    weights = np.zeros(counts.shape[1], np.float32)
    squares = np.full_like(weights, _FIRST_SQUARES)
    random = np.random.default_rng(spec.seed)
    mixed = random.permutation(len(labels))
    counts, labels, known = counts[mixed], labels[mixed], known[mixed]
    for _ in range(spec.passes):
        for start in random.permutation(np.arange(0, len(labels), spec.batch_size)):
            batch = slice(start, start + spec.batch_size)
            gradient = _gradient(counts[batch], labels[batch], known[batch], weights)
            squares += gradient**2
            weights -= np.float32(spec.learning_rate) * gradient / np.sqrt(squares)
    return weights


def _gradient(counts: csr_array, labels: NDArray[np.int8], known: Floats, weights: Floats) -> Floats:
    """Return the gradient of the summed cross entropy by each weight."""
    number = np.diff(counts.indptr)
    tweet = np.repeat(np.arange(len(labels)), number)
    share = (1 / np.sqrt(np.maximum(number, 1)))[tweet] * counts.data
    logits = known + np.bincount(tweet, weights[counts.indices] * share, len(labels))
    error = 1 / (1 + np.exp(-logits)) - labels
    return np.bincount(counts.indices, share * error[tweet], len(weights)).astype(np.float32)
