"""From tweets and a pre-trained encoder to one that tells their mood: all its layers are fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras

from badbuzz.errors import Usage
from model_registry.network import PADDING_ID
from training.loop import Fold, Run, fit
from training.recipe import fitted_parameters, recipe_of
from training.steps import predict, scoring_call
from training.transformer.pretrained import Pretrained

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from training.checkpoint import CurvePoint
    from training.dataset import Dataset, LabelledTweets
    from training.recipe import Sources
    from training.variant import TransformerVariant
    from training.watcher import Watcher


@dataclass(frozen=True, slots=True)
class TrainedTransformer:
    """A fine-tuned encoder, the data it saw, and how it got on."""

    variant: TransformerVariant
    model: keras.Model
    dataset: Dataset
    curve: list[CurvePoint]
    cpu_seconds: float
    _pretrained: Pretrained

    @property
    def parameters(self) -> int:
        """How many numbers were fitted."""
        return fitted_parameters(self.model)

    def score(self, tweets: LabelledTweets) -> NDArray[np.float32]:
        """Score tweets: float32 [n], the probability of positive."""
        return predict(scoring_call(self.model), self._pretrained.encode(tweets, self.variant.max_pieces))


def train_transformer(
    variant: TransformerVariant, sources: Sources, folder: Path, watcher: Watcher
) -> TrainedTransformer:
    """Fine-tune the encoder that ``sources`` give, with checkpoints in ``folder``, from which it goes on.

    :raises Usage: if no encoder is given.
    :raises Misconfigured: if the encoder or a checkpoint is not what it should be, or keras-hub is not installed.
    """
    if sources.vectors is None:
        raise Usage(f"{variant.name}: needs a Transformer encoder; give its folder")
    pretrained, dataset = Pretrained(sources.vectors), sources.dataset
    keras.utils.set_random_seed(variant.seed)
    model = classifier(pretrained, variant)
    fold = Fold(
        pretrained.encode(dataset.train, variant.max_pieces),
        pretrained.encode(dataset.validation, variant.max_pieces),
    )
    run = Run(folder, recipe_of(variant, dataset, pretrained.fingerprint), resume=True)
    ended = fit(model, fold, variant, run, watcher)
    return TrainedTransformer(variant, model, dataset, ended.curve, ended.cpu_seconds, pretrained)


def classifier(pretrained: Pretrained, variant: TransformerVariant) -> keras.Model:
    """Build the network: ids of pieces, int32 [n, length], padded on the right → float32 [n, 1], p(positive).

    The mean of the encoder's last states is what all-MiniLM-L6-v2 was trained to compare sentences by. The vectors of
    pieces stay as they are: most of them are never met in so few tweets, and they are half of all numbers.
    """
    network = pretrained.network(variant.encoder_dropout)
    network.token_embedding.trainable = False
    encoder = keras.Model(network.input, network.output["sequence_output"], name="encoder")
    pieces = keras.Input((None,), dtype="int32", name="pieces")
    present = keras.ops.cast(keras.ops.not_equal(pieces, PADDING_ID), "int32")
    segments = keras.ops.zeros_like(pieces)
    states = encoder({"token_ids": pieces, "segment_ids": segments, "padding_mask": present})
    weights = keras.ops.expand_dims(keras.ops.cast(present, states.dtype), -1)
    mean = keras.ops.sum(states * weights, axis=1) / keras.ops.sum(weights, axis=1)
    mean = keras.layers.Dropout(variant.dropout, seed=variant.seed)(mean)
    return keras.Model(pieces, keras.layers.Dense(1, activation="sigmoid")(mean))
