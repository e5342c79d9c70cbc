"""The engine that runs the Keras model as it was trained, in TensorFlow: the reference, and the engine for a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from badbuzz.errors import Misconfigured

try:
    import tensorflow as tf
except ImportError:
    raise Misconfigured(
        "engine tensorflow: TensorFlow is not installed; install badbuzz[gpu] or badbuzz[training], "
        "or use the engine numpy"
    ) from None

from model_registry.keras_models import recurrent, transformer
from model_registry.networks.token_ids import PADDING_ID, UNKNOWN_ID
from model_registry.scoring.tensorflow_threads import limit_threads
from model_registry.text.ngrams import open_hasher

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from model_registry.networks.recurrent import RecurrentNetwork
    from model_registry.networks.transformer import TransformerNetwork
    from model_registry.package.package import LoadedModel
    from model_registry.text.vocabulary import TokenBatch

_ROWS_STEP: Final = 64
_LENGTH_STEP: Final = 4
"""Batches are padded to multiples of these, because cuDNN and XLA make a new plan for each new shape."""


class TensorFlowEngine:
    """A Keras model as one traced function.

    :raises Misconfigured: if a Transformer needs keras-hub and it is not installed.
    """

    def __init__(
        self, network: RecurrentNetwork | TransformerNetwork, model: LoadedModel, threads: int
    ) -> None:
        limit_threads(threads)
        keras_model = _build(network, model)
        term = network.ngram_term if network.reads == "words" else None
        self._hasher = open_hasher(term, model.vocabulary, model.tensors)
        self._max_length = network.max_length
        numbers = tf.TensorSpec([None, None], tf.int32)
        self._predict = tf.function(
            lambda *inputs: keras_model(list(inputs) if term else inputs[0], training=False)[:, 0],
            input_signature=[numbers, numbers] if term else [numbers],
        )

    def predict(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Return the probability of *positive*, float32 [tweets], in the batch's order."""
        rows, length = batch.ids.shape
        if not rows:
            return np.empty(0, np.float32)
        width = min(
            _round_up(length, _LENGTH_STEP), self._max_length
        )  # a Transformer has no further positions
        ids = np.full((_round_up(rows, _ROWS_STEP), width), PADDING_ID, np.int32)
        ids[:rows, :length] = batch.ids
        ids[rows:, 0] = UNKNOWN_ID  # cuDNN refuses a row that is all padding
        inputs = (ids, self._hasher(ids)) if self._hasher else (ids,)
        scores: NDArray[np.float32] = self._predict(*inputs).numpy()
        return scores[:rows]


def _build(network: RecurrentNetwork | TransformerNetwork, model: LoadedModel) -> keras.Model:
    if network.reads == "word pieces":
        keras_model = transformer.build_network(network)
        transformer.load_tensors(keras_model, network, model.tensors)
    else:
        keras_model = recurrent.build_network(network)
        recurrent.load_tensors(keras_model, model.tensors)
    return keras_model


def _round_up(size: int, step: int) -> int:
    return -(-size // step) * step
