"""A :class:`~model_registry.networks.recurrent.RecurrentNetwork` as a Keras model.

Imports Keras, as only this package and the TensorFlow engine do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import keras

from badbuzz.errors import ModelRefused
from model_registry.networks.base import OUTPUT_BIAS
from model_registry.networks.ngram_term import NGRAM_WEIGHTS
from model_registry.networks.recurrent import BACKWARD, FORWARD
from model_registry.networks.token_ids import PADDING_ID, UNKNOWN_ID
from model_registry.text.ngrams import NO_BUCKET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from model_registry.networks.ngram_term import NgramTerm
    from model_registry.networks.recurrent import RecurrentNetwork

_RECURRENT: Final = ("kernel", "recurrent_kernel", "bias")
_LAYERS: Final = {
    "embedding": ("embedding",),
    "recurrent": tuple(f"{direction}/{name}" for direction in (FORWARD, BACKWARD) for name in _RECURRENT),
    "dense": ("dense/kernel", "dense/bias"),
    "output": ("output/kernel", OUTPUT_BIAS),
    "wide": (NGRAM_WEIGHTS,),
}
"""Layers that may have weights, and the names of their tensors in the order in which Keras lists them. A layer that reads in one
direction has the first half."""

_BELOW_ANY_STATE: Final = -1.0
"""States of both kinds of cells are between -1 and 1, so that padding never has the largest."""


def build_network(network: RecurrentNetwork, seed: int | None = None) -> keras.Model:
    """Build the model with fresh weights: int32 ids [tweets, length] → float32 [tweets, 1], p(positive).

    A network with an n-gram term takes a list: the ids, and their hash buckets by
    :class:`~model_registry.text.ngrams.NgramHasher`. Padding (id 0) is on the right and masked. ``seed`` is the seed of dropout;
    initial weights follow :func:`keras.utils.set_random_seed`.
    """
    inputs = keras.Input((None,), dtype="int32", name="ids")
    embedding = keras.layers.Embedding(
        network.vocabulary_size,
        network.embedding_dimensions,
        mask_zero=True,
        trainable=network.trainable_embedding,
        name="embedding",
    )
    flow = embedding(_drop_words(inputs, network.word_dropout, seed) if network.word_dropout else inputs)
    flow = keras.layers.SpatialDropout1D(network.spatial_dropout, seed=seed, name="spatial_dropout")(flow)
    flow = _recurrent(network, seed)(flow)
    if network.pooling:
        flow = _pool(flow, present=keras.ops.not_equal(inputs, PADDING_ID)[:, :, None])
    flow = keras.layers.Dropout(network.dropout, seed=seed)(flow)
    flow = keras.layers.Dense(
        network.dense_units,
        activation="relu",
        kernel_regularizer=keras.regularizers.L2(network.l2),
        name="dense",
    )(flow)
    flow = keras.layers.Dropout(network.dropout, seed=seed)(flow)
    if not network.ngram_term:
        return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid", name="output")(flow))
    buckets = keras.Input((None,), dtype="int32", name="buckets")
    deep = keras.layers.Dense(1, name="output")(flow)
    together = keras.layers.Add()([deep, _ngram_logits(network.ngram_term, buckets, seed)])
    return keras.Model([inputs, buckets], keras.layers.Activation("sigmoid")(together))


def extract_tensors(model: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Return the model's weights, with the names of :meth:`RecurrentNetwork.tensor_shapes`."""
    found: dict[str, NDArray[np.float32]] = {}
    for layer, names in _layers(model):
        found |= dict(zip(names, layer.get_weights(), strict=True))
    return found


def load_tensors(model: keras.Model, tensors: Mapping[str, NDArray[np.floating]]) -> None:
    """Set the model's weights; half precision is converted to single.

    :raises ModelRefused: if a tensor is missing or has another shape.
    """
    for layer, names in _layers(model):
        try:
            layer.set_weights([tensors[name] for name in names])
        except (KeyError, ValueError) as error:
            raise ModelRefused(f"weights do not fit the network: layer {layer.name}: {error}") from None


def _layers(model: keras.Model) -> Iterator[tuple[keras.layers.Layer, tuple[str, ...]]]:
    """Yield the layers that may have weights, with the names of their tensors."""
    present = {layer.name: layer for layer in model.layers}
    for name, tensors in _LAYERS.items():
        if layer := present.get(name):
            yield layer, tensors[: len(layer.weights)]


def _drop_words(ids: keras.KerasTensor, share: float, seed: int | None) -> keras.KerasTensor:
    """Replace some words by the unknown word, so that no tweet is recognised by a single word."""
    present = keras.ops.not_equal(ids, PADDING_ID)
    read = keras.layers.Dropout(share, seed=seed)(keras.ops.cast(present, "float32"))
    return keras.ops.where(present & keras.ops.equal(read, 0.0), UNKNOWN_ID, ids)


def _recurrent(network: RecurrentNetwork, seed: int | None) -> keras.layers.Layer:
    """Return the recurrent layer, whose name does not depend on the cell, so that its weights are found."""
    kind = keras.layers.SimpleRNN if network.cell == "rnn" else keras.layers.LSTM
    layer = kind(
        network.units,
        dropout=network.cell_dropout,
        return_sequences=network.pooling is not None,
        seed=seed,
        name="recurrent",
    )
    return keras.layers.Bidirectional(layer, name="recurrent") if network.cell == "bilstm" else layer


def _pool(states: keras.KerasTensor, present: keras.KerasTensor) -> keras.KerasTensor:
    """Return the largest and mean value of each unit over the words: [tweets, length, units] → [tweets, 2 · units]."""
    highest = keras.ops.max(keras.ops.where(present, states, _BELOW_ANY_STATE), axis=1)
    words = keras.ops.sum(keras.ops.cast(present, "float32"), axis=1)
    mean = keras.ops.sum(keras.ops.where(present, states, 0.0), axis=1) / words
    return keras.layers.Concatenate()([highest, mean])


def _ngram_logits(term: NgramTerm, buckets: keras.KerasTensor, seed: int | None) -> keras.KerasTensor:
    """Return the sums of the n-grams' weights: [tweets, n-grams] → [tweets, 1]."""
    weights = keras.layers.Embedding(term.buckets, 1, embeddings_initializer="zeros", name="wide")(buckets)
    present = keras.ops.not_equal(buckets, NO_BUCKET)[:, :, None]
    weights = keras.layers.Dropout(term.dropout, seed=seed)(keras.ops.where(present, weights, 0.0))
    total = keras.ops.sum(weights, axis=1)
    if not term.is_scaled:
        return total
    number = keras.ops.sum(keras.ops.cast(present, "float32"), axis=1)
    return total / keras.ops.sqrt(keras.ops.maximum(number, 1.0))
