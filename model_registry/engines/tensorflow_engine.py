"""The Keras model as it was trained, in TensorFlow: the reference, and the way to a GPU."""

from __future__ import annotations

from contextlib import suppress
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

from model_registry.keras_network import build, load_tensors
from model_registry.network import PADDING_ID, UNKNOWN_ID
from model_registry.ngrams import hasher_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_registry.artifact import Artifact
    from model_registry.network import Network
    from model_registry.vocabulary import TokenBatch

_ROWS_STEP: Final = 64
_LENGTH_STEP: Final = 4
"""Batches are padded to multiples of these: each new shape costs cuDNN and XLA a new plan."""


class TensorFlowEngine:
    """The Keras model behind one traced function."""

    def __init__(self, network: Network, artifact: Artifact, threads: int) -> None:
        with suppress(
            RuntimeError
        ):  # TensorFlow makes its threads once; in a process that already did, they stay
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        model = build(network)
        load_tensors(model, artifact.tensors)
        self._hasher = hasher_of(network.wide, artifact.vocabulary, artifact.tensors)
        numbers = tf.TensorSpec([None, None], tf.int32)
        self._predict = tf.function(
            lambda *inputs: model(list(inputs) if network.wide else inputs[0], training=False)[:, 0],
            input_signature=[numbers, numbers] if network.wide else [numbers],
        )

    def predict(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Give the probability of positive, float32 [tweets], in the batch's order."""
        rows, length = batch.ids.shape
        if not rows:
            return np.empty(0, np.float32)
        ids = np.full((_up_to(rows, _ROWS_STEP), _up_to(length, _LENGTH_STEP)), PADDING_ID, np.int32)
        ids[:rows, :length] = batch.ids
        ids[rows:, 0] = UNKNOWN_ID  # cuDNN refuses a row of nothing but padding
        inputs = (ids, self._hasher(ids)) if self._hasher else (ids,)
        scores: NDArray[np.float32] = self._predict(*inputs).numpy()
        return scores[:rows]


def _up_to(size: int, step: int) -> int:
    return -(-size // step) * step
