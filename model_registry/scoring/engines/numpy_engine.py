"""The worker's default engine for recurrent networks: numpy on the CPU.

Matrix products are numpy's. What an LSTM computes between them is compiled C, if it was built.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import numpy as np

from badbuzz.errors import ModelRefused
from model_registry.networks.base import OUTPUT_BIAS
from model_registry.networks.recurrent import FORWARD, LSTM_GATES
from model_registry.scoring.engines import lstm_step
from model_registry.scoring.engines.chunks import ChunkPool
from model_registry.scoring.engines.gate_table import TablePlaces
from model_registry.scoring.engines.recurrent import RecurrentLayer
from model_registry.scoring.sigmoid import sigmoid
from model_registry.text.ngrams import NgramLogits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from model_registry.networks.recurrent import RecurrentNetwork
    from model_registry.package.package import LoadedModel
    from model_registry.scoring.engines.recurrent import Opening
    from model_registry.text.vocabulary import TokenBatch

log = logging.getLogger(__name__)

CHUNK: Final = 512
"""Tweets computed at a time: with 128 units the gates of one step take 1 MB, the size of a core's own cache."""

MAX_TABLE_BYTES: Final = 1 << 30
"""Keeps a hostile model from exhausting memory: with a large vocabulary of short vectors and many units, a few megabytes of
weights make a table of gigabytes."""


class NumpyEngine:
    """A recurrent layer in one direction or two, the dense layers after it, and the n-gram term."""

    def __init__(self, network: RecurrentNetwork, model: LoadedModel, threads: int) -> None:
        numbers = network.vocabulary_size * network.gates * network.units * len(network.directions)
        table_bytes = numbers * np.dtype(np.float32).itemsize
        if table_bytes > MAX_TABLE_BYTES:
            raise ModelRefused(
                f"{model.manifest.ref}: {network.vocabulary_size:,} words × {network.units} units make a table "
                f"of {table_bytes:,} bytes, more than {MAX_TABLE_BYTES:,}; prune the vocabulary, or use the engine "
                "tensorflow"
            )
        tensors = model.tensors
        if network.gates == LSTM_GATES and lstm_step.compiled is None:
            log.info("the compiled LSTM step was not built at installation: scoring takes a sixth longer")
        self._places = TablePlaces(network.vocabulary_size)
        self._layers = {
            direction: RecurrentLayer(network, direction, tensors) for direction in network.directions
        }
        names = ("dense/kernel", "dense/bias", "output/kernel", OUTPUT_BIAS)
        self._dense = [tensors[name].astype(np.float32) for name in names]
        self._ngram_logits = (
            NgramLogits(network.ngram_term, model.vocabulary, tensors) if network.ngram_term else None
        )
        self._chunks = ChunkPool(threads)

    def predict(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Return the probability of *positive*, float32 [tweets], in the batch's order."""
        scores = np.empty(len(batch.lengths), np.float32)
        if not len(scores):
            return scores
        longest_first = np.argsort(-batch.lengths, kind="stable")
        ids, lengths = batch.ids[longest_first], batch.lengths[longest_first]
        with self._chunks.limit_blas():
            logits = self._logits(ids, lengths)
        scores[longest_first] = sigmoid(logits)
        return scores

    def _logits(self, ids: NDArray[np.int32], lengths: NDArray[np.int32]) -> NDArray[np.float32]:
        places, rare = self._places.locate(ids)
        words = {direction: _reading_order(direction, places, lengths) for direction in self._layers}
        for layer in self._layers.values():
            layer.table.fill_rare(rare)
        openings = {
            direction: layer.open(words[direction][:, 0]) for direction, layer in self._layers.items()
        }

        def compute(start: int) -> NDArray[np.float32]:
            rows = slice(start, start + CHUNK)
            logits = self._read(rows, words, lengths[rows], openings)
            return logits + self._ngram_logits(ids[rows, : lengths[start]]) if self._ngram_logits else logits

        return self._chunks.concatenate(compute, range(0, len(lengths), CHUNK))[:, 0]

    def _read(
        self,
        rows: slice,
        words: Mapping[str, NDArray[np.intp]],
        lengths: NDArray[np.int32],
        openings: Mapping[str, Opening],
    ) -> NDArray[np.float32]:
        read = [
            layer.read(
                words[direction][rows, : lengths[0]],
                lengths,
                openings[direction],
                openings[direction].which[rows],
            )
            for direction, layer in self._layers.items()
        ]
        features = np.concatenate([feature for alike in zip(*read, strict=True) for feature in alike], axis=1)
        kernel, bias, output, output_bias = self._dense
        logits: NDArray[np.float32] = np.maximum(features @ kernel + bias, 0) @ output + output_bias
        return logits


def _reading_order(direction: str, words: NDArray[np.intp], lengths: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return each tweet's words in the order in which a direction reads them; padding stays on the right."""
    if direction == FORWARD:
        return words
    from_the_end = (lengths[:, None] - 1 - np.arange(words.shape[1])) % words.shape[1]
    return np.take_along_axis(words, from_the_end, axis=1)
