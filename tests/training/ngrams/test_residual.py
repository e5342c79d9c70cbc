from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from scipy.sparse import csr_array

from training.ngrams.residual import fit_residual
from training.specs import ResidualSpec

TWEETS, BUCKETS = 20_000, 30
QUICK = ResidualSpec(passes=20, batch_size=500)


def make_data(seed: int) -> tuple[csr_array, np.ndarray, np.ndarray, np.ndarray]:
    """Counts, labels, the known logits, and the weights of the rest."""
    random = np.random.default_rng(seed)
    counts = csr_array((random.random((TWEETS, BUCKETS)) < 0.2).astype(np.float32))
    known = random.normal(0, 1, TWEETS)
    weights = random.normal(0, 1, BUCKETS)
    root = np.sqrt(np.maximum(np.diff(counts.indptr), 1))
    logits = known + counts @ weights / root
    labels = (random.random(TWEETS) < 1 / (1 + np.exp(-logits))).astype(np.int8)
    return counts, labels, known.astype(np.float32), weights


def test_weights_are_recovered() -> None:
    counts, labels, known, weights = make_data(1)
    np.testing.assert_allclose(fit_residual(counts, labels, known, QUICK), weights, rtol=0, atol=0.25)


def test_known_logits_leave_nothing_to_fit() -> None:
    counts, labels, known, weights = make_data(2)
    logits_of_all = known + counts @ weights / np.sqrt(np.maximum(np.diff(counts.indptr), 1))
    found = fit_residual(counts, labels, logits_of_all.astype(np.float32), QUICK)
    assert np.abs(found).max() < 0.25 < np.abs(weights).max()


def test_the_same_seed_gives_the_same_weights() -> None:
    counts, labels, known, _ = make_data(3)
    first, again = (fit_residual(counts, labels, known, QUICK) for _ in range(2))
    np.testing.assert_array_equal(first, again)
