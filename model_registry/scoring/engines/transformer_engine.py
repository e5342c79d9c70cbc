"""The engine for Transformer networks, in numpy, without padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from model_registry.networks.base import EMBEDDING, OUTPUT_BIAS, OUTPUT_KERNEL
from model_registry.networks.transformer import POSITIONS
from model_registry.scoring.engines.attention import Layer, LengthGroup, Norm
from model_registry.scoring.engines.chunks import ChunkPool
from model_registry.scoring.sigmoid import sigmoid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from model_registry.networks.transformer import TransformerNetwork
    from model_registry.scoring.engines.gate_table import Floats
    from model_registry.text.vocabulary import TokenBatch

CHUNK: Final = 512
"""Pieces computed at a time, rounded up to whole tweets: enough for fast products, few enough for the core's cache."""


class TransformerEngine:
    """The encoder, the mean of its last states, and the sigmoid."""

    def __init__(
        self, network: TransformerNetwork, tensors: Mapping[str, NDArray[np.floating]], threads: int
    ) -> None:
        self._embedding = tensors[EMBEDDING]  # in stored precision: a chunk reads few of its rows
        single = {name: tensor.astype(np.float32) for name, tensor in tensors.items() if name != EMBEDDING}
        self._positions, self._norm = single[POSITIONS], Norm(single, "norm")
        self._layers = [Layer(network, number, single) for number in range(network.layers)]
        self._output = single[OUTPUT_KERNEL], single[OUTPUT_BIAS]
        self._chunks = ChunkPool(threads)

    def predict(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Return the probability of *positive*, float32 [tweets], in the batch's order."""
        scores = np.empty(len(batch.lengths), np.float32)
        if not len(scores):
            return scores
        by_length = np.argsort(batch.lengths, kind="stable")
        chunk_of_each = (np.cumsum(batch.lengths[by_length]) - 1) // CHUNK
        chunks = np.split(by_length, np.flatnonzero(np.diff(chunk_of_each)) + 1)

        def compute(tweets: NDArray[np.intp]) -> Floats:
            return self._logits(batch.ids[tweets], batch.lengths[tweets])

        with self._chunks.limit_blas():
            logits = self._chunks.concatenate(compute, chunks)
        scores[by_length] = sigmoid(logits)
        return scores

    def _logits(self, ids: NDArray[np.int32], lengths: NDArray[np.int32]) -> Floats:
        """Return the logits, float32 [tweets], of tweets that are sorted by length."""
        tweets, places = np.nonzero(np.arange(lengths[-1]) < lengths[:, None])
        pieces: Floats = self._embedding[ids[tweets, places]].astype(np.float32)
        pieces += self._positions[places]
        states = self._norm(pieces)
        starts = np.cumsum(lengths) - lengths
        groups = _group_by_length(lengths, starts)
        for layer in self._layers:
            states = layer(states, groups)
        means = np.add.reduceat(states, starts, axis=0, dtype=np.float32)
        means /= lengths.astype(np.float32)[:, None]
        kernel, bias = self._output
        logits: Floats = (means @ kernel + bias)[:, 0]
        return logits


def _group_by_length(lengths: NDArray[np.int32], starts: NDArray[np.integer]) -> list[LengthGroup]:
    found, firsts, tweets = np.unique(lengths, return_index=True, return_counts=True)
    return [LengthGroup(*map(int, group)) for group in zip(starts[firsts], tweets, found, strict=True)]
