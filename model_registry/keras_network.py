"""A :class:`~model_registry.network.Network` as a Keras model.

The one module of the registry, beside the TensorFlow engine, that imports Keras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import keras

from badbuzz.errors import ModelRefused
from model_registry.network import BACKWARD, FORWARD

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from model_registry.network import Network

_RECURRENT: Final = ("kernel", "recurrent_kernel", "bias")
_LAYERS: Final = {
    "embedding": ("embedding",),
    "recurrent": tuple(f"{way}/{name}" for way in (FORWARD, BACKWARD) for name in _RECURRENT),
    "dense": ("dense/kernel", "dense/bias"),
    "output": ("output/kernel", "output/bias"),
}
"""Layers with weights, and the names of their tensors in the order in which Keras lists them; a layer that reads in one
direction has the first half of them."""


def build(network: Network, seed: int | None = None) -> keras.Model:
    """Build the model with fresh weights: int32 ids [tweets, length] → float32 [tweets, 1], p(positive).

    Padding (id 0) stands on the right and is masked. ``seed`` fixes what dropout drops; initial weights follow
    :func:`keras.utils.set_random_seed`.
    """
    inputs = keras.Input((None,), dtype="int32", name="ids")
    embedding = keras.layers.Embedding(
        network.vocabulary_size,
        network.embedding_dimensions,
        mask_zero=True,
        trainable=network.trainable_embedding,
        name="embedding",
    )
    flow = embedding(inputs)
    flow = keras.layers.SpatialDropout1D(network.spatial_dropout, seed=seed, name="spatial_dropout")(flow)
    flow = _recurrent(network, seed)(flow)
    flow = keras.layers.Dropout(network.dropout, seed=seed)(flow)
    flow = keras.layers.Dense(
        network.dense_units,
        activation="relu",
        kernel_regularizer=keras.regularizers.L2(network.l2),
        name="dense",
    )(flow)
    flow = keras.layers.Dropout(network.dropout, seed=seed)(flow)
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid", name="output")(flow))


def tensors_of(model: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Read the model's weights, by the names of :meth:`Network.tensor_shapes`."""
    return {
        name: tensor
        for layer in _LAYERS
        for name, tensor in zip(_names(model, layer), model.get_layer(layer).get_weights(), strict=True)
    }


def load_tensors(model: keras.Model, tensors: Mapping[str, NDArray[np.floating]]) -> None:
    """Set the model's weights; half precision is widened.

    :raises ModelRefused: if a tensor is missing or of another shape.
    """
    for layer in _LAYERS:
        try:
            model.get_layer(layer).set_weights([tensors[name] for name in _names(model, layer)])
        except (KeyError, ValueError) as error:
            raise ModelRefused(f"weights do not fit the network: layer {layer}: {error}") from None


def _names(model: keras.Model, layer: str) -> tuple[str, ...]:
    return _LAYERS[layer][: len(model.get_layer(layer).weights)]


def _recurrent(network: Network, seed: int | None) -> keras.layers.Layer:
    """Name the layer alike whatever its cell, so that its weights are found."""
    kind = keras.layers.SimpleRNN if network.cell == "rnn" else keras.layers.LSTM
    layer = kind(network.units, dropout=network.cell_dropout, seed=seed, name="recurrent")
    return keras.layers.Bidirectional(layer, name="recurrent") if network.cell == "bilstm" else layer
