"""The sigmoid, which turns logits into probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 / (1 + e^-x) in the same shape, computed by tanh, which cannot overflow."""
    scores: NDArray[np.float32] = 0.5 + 0.5 * np.tanh(0.5 * logits)
    return scores
