from __future__ import annotations

import numpy as np

from model_registry.scoring.sigmoid import sigmoid


def test_values_are_those_of_the_definition() -> None:
    logits = np.linspace(-20, 20, 401, dtype=np.float32)
    expected = 1 / (1 + np.exp(-logits.astype(np.float64)))
    np.testing.assert_allclose(sigmoid(logits), expected, rtol=0, atol=1e-7)


def test_extreme_logits_do_not_overflow() -> None:
    scores = sigmoid(np.array([-1e38, -np.inf, 1e38, np.inf], np.float32))
    assert scores.tolist() == [0, 0, 1, 1]
    assert scores.dtype == np.float32
