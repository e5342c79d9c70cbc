"""A :class:`~model_registry.networks.transformer.TransformerNetwork` as a Keras model, with keras-hub's encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import keras
import numpy as np

from badbuzz.errors import Misconfigured
from model_registry.networks.base import EMBEDDING, OUTPUT_BIAS, OUTPUT_KERNEL
from model_registry.networks.token_ids import PADDING_ID
from model_registry.networks.transformer import POSITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from numpy.typing import NDArray

    from model_registry.networks.transformer import TransformerNetwork

_ENCODER: Final = "encoder"
_EMBEDDINGS: Final = ("token_embedding", "position_embedding", "segment_embedding")


def import_keras_hub() -> ModuleType:
    """Import and return keras-hub, which takes seconds.

    :raises Misconfigured: if it is not installed.
    """
    try:
        import keras_hub  # noqa: PLC0415 - of the extra `transformer`, and slow to import
    except ImportError:
        raise Misconfigured(
            "keras-hub is not installed: training Transformers needs it, and so does scoring them with the engine tensorflow; "
            "install badbuzz[transformer], or, to score, use the engine numpy"
        ) from None
    return keras_hub  # type: ignore[no-any-return] # published without types


def build_network(network: TransformerNetwork) -> keras.Model:
    """Build the model with fresh weights, for scoring: int32 ids [tweets, length] → float32 [tweets, 1], p(positive).

    :raises Misconfigured: if keras-hub is not installed.
    """
    backbone = import_keras_hub().models.BertBackbone(
        vocabulary_size=network.vocabulary_size,
        num_layers=network.layers,
        num_heads=network.heads,
        hidden_dim=network.units,
        intermediate_dim=network.inner_units,
        dropout=0.0,
        max_sequence_length=network.max_length,
        num_segments=1,
    )
    return add_classifier(backbone)


def add_classifier(backbone: keras.Model, dropout: float = 0.0, seed: int | None = None) -> keras.Model:
    """Add the sigmoid to an encoder: int32 ids [tweets, length], padded on the right → float32 [tweets, 1], p(positive).

    It reads the mean of the last states, by which encoders of this kind were trained to compare sentences. ``dropout`` is applied
    before the sigmoid.
    """
    encoder = keras.Model(backbone.input, backbone.output["sequence_output"], name=_ENCODER)
    pieces = keras.Input((None,), dtype="int32", name="pieces")
    present = keras.ops.cast(keras.ops.not_equal(pieces, PADDING_ID), "int32")
    segments = keras.ops.zeros_like(pieces)
    states = encoder({"token_ids": pieces, "segment_ids": segments, "padding_mask": present})
    weights = keras.ops.expand_dims(keras.ops.cast(present, states.dtype), -1)
    mean = keras.ops.sum(states * weights, axis=1) / keras.ops.sum(weights, axis=1)
    mean = keras.layers.Dropout(dropout, seed=seed)(mean)
    return keras.Model(pieces, keras.layers.Dense(1, activation="sigmoid", name="output")(mean))


def extract_tensors(model: keras.Model, network: TransformerNetwork) -> dict[str, NDArray[np.float32]]:
    """Return a classifier's weights, with the names of ``network``, which may have fewer positions than the model.

    All rows of the model's embedding are returned.
    """
    encoder = model.get_layer(_ENCODER)
    pieces, positions, segments = (encoder.get_layer(name).get_weights()[0] for name in _EMBEDDINGS)
    found = {EMBEDDING: pieces, POSITIONS: positions[: network.max_length] + segments[0]}
    shapes = network.tensor_shapes()
    for layer, names in _layers(model, network):
        weights = zip(names, layer.get_weights(), strict=True)
        found |= {name: weight.reshape(shapes[name]) for name, weight in weights}
    return found


def load_tensors(
    model: keras.Model, network: TransformerNetwork, tensors: Mapping[str, NDArray[np.floating]]
) -> None:
    """Set the weights of a model of :func:`build_network`; half precision is converted to single."""
    encoder = model.get_layer(_ENCODER)
    no_segment = np.zeros((1, network.units), np.float32)
    embeddings = (tensors[EMBEDDING], tensors[POSITIONS], no_segment)
    for name, tensor in zip(_EMBEDDINGS, embeddings, strict=True):
        encoder.get_layer(name).set_weights([tensor])
    for layer, names in _layers(model, network):
        shapes = [weight.shape for weight in layer.weights]
        layer.set_weights([tensors[name].reshape(shape) for name, shape in zip(names, shapes, strict=True)])


def _layers(model: keras.Model, network: TransformerNetwork) -> Iterator[tuple[Any, list[str]]]:
    """Yield the layers whose weights are tensors of the network, with the tensors' names in Keras's order."""
    encoder = model.get_layer(_ENCODER)
    yield encoder.get_layer("embeddings_layer_norm"), ["norm/scale", "norm/shift"]
    for number in range(network.layers):
        names = [f"{number}/{name}" for name in network.layer_shapes()]
        yield encoder.get_layer(f"transformer_layer_{number}"), names
    yield model.get_layer("output"), [OUTPUT_KERNEL, OUTPUT_BIAS]
