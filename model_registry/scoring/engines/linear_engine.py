"""The engine for linear networks, in numpy: hash, look up, add."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model_registry.networks.base import OUTPUT_BIAS
from model_registry.scoring.sigmoid import sigmoid
from model_registry.text.ngrams import NgramLogits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from model_registry.networks.linear import LinearNetwork
    from model_registry.text.vocabulary import TokenBatch, Vocabulary


class LinearEngine:
    """An n-gram term and a bias."""

    def __init__(
        self, network: LinearNetwork, vocabulary: Vocabulary, tensors: Mapping[str, NDArray[np.floating]]
    ) -> None:
        self._ngram_logits = NgramLogits(network.ngram_term, vocabulary, tensors)
        self._bias = tensors[OUTPUT_BIAS].astype(np.float32)

    def predict(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Return the probability of *positive*, float32 [tweets], in the batch's order."""
        return sigmoid(self._ngram_logits(batch.ids)[:, 0] + self._bias)
