"""The Keras model as it was trained, in TensorFlow: the reference, and the way to a GPU."""

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
from model_registry.networks.recurrent import PADDING_ID, UNKNOWN_ID
from model_registry.networks.transformer import TransformerNetwork
from model_registry.scoring.tensorflow_threads import limit_threads
from model_registry.text.ngrams import hasher_of

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from model_registry.networks.recurrent import Network
    from model_registry.package.artifact import Artifact
    from model_registry.text.vocabulary import TokenBatch

_ROWS_STEP: Final = 64
_LENGTH_STEP: Final = 4
"""Batches are padded to multiples of these: each new shape costs cuDNN and XLA a new plan."""


class TensorFlowEngine:
    """The Keras model behind one traced function.

    :raises Misconfigured: if a Transformer needs keras-hub and it is not installed.
    """

    def __init__(self, network: Network | TransformerNetwork, artifact: Artifact, threads: int) -> None:
        limit_threads(threads)
        model = _model(network, artifact)
        wide = None if isinstance(network, TransformerNetwork) else network.wide
        self._hasher = hasher_of(wide, artifact.vocabulary, artifact.tensors)
        self._max_length = network.max_length
        numbers = tf.TensorSpec([None, None], tf.int32)
        self._predict = tf.function(
            lambda *inputs: model(list(inputs) if wide else inputs[0], training=False)[:, 0],
            input_signature=[numbers, numbers] if wide else [numbers],
        )

    def predict(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Give the probability of positive, float32 [tweets], in the batch's order."""
        rows, length = batch.ids.shape
        if not rows:
            return np.empty(0, np.float32)
        width = min(_up_to(length, _LENGTH_STEP), self._max_length)  # a Transformer has no positions beyond
        ids = np.full((_up_to(rows, _ROWS_STEP), width), PADDING_ID, np.int32)
        ids[:rows, :length] = batch.ids
        ids[rows:, 0] = UNKNOWN_ID  # cuDNN refuses a row of nothing but padding
        inputs = (ids, self._hasher(ids)) if self._hasher else (ids,)
        scores: NDArray[np.float32] = self._predict(*inputs).numpy()
        return scores[:rows]


def _model(network: Network | TransformerNetwork, artifact: Artifact) -> keras.Model:
    if isinstance(network, TransformerNetwork):
        model = transformer.build(network)
        transformer.load_tensors(model, network, artifact.tensors)
    else:
        model = recurrent.build(network)
        recurrent.load_tensors(model, artifact.tensors)
    return model


def _up_to(size: int, step: int) -> int:
    return -(-size // step) * step
