"""The network over sentence vectors, in numpy: two products, the same under every engine name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model_registry.networks.base import OUTPUT_BIAS, OUTPUT_KERNEL
from model_registry.scoring.sigmoid import sigmoid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


class SentenceHead:
    """Dense (ReLU) → Dense 1 (sigmoid). ``tensors`` are those of a ``SentenceNetwork``."""

    def __init__(self, tensors: Mapping[str, NDArray[np.floating]]) -> None:
        names = ("dense/kernel", "dense/bias", OUTPUT_KERNEL, OUTPUT_BIAS)
        self._weights = [tensors[name].astype(np.float32) for name in names]

    def predict(self, vectors: NDArray[np.float16]) -> NDArray[np.float32]:
        """Return the probability of *positive*, float32 [n], of sentence vectors [n, dimensions]."""
        kernel, bias, output, output_bias = self._weights
        hidden = np.maximum(vectors.astype(np.float32) @ kernel + bias, 0)
        return sigmoid((hidden @ output + output_bias)[:, 0])
