"""The two calls into TensorFlow: learn from a batch, and score tweets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import keras
import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from training.data.examples import Examples

_SCORING_ROWS: Final = 2_048
_LABELS: Final = tf.TensorSpec((None,), tf.float32)


def compile_training_step(model: keras.Model, optimizer: keras.Optimizer) -> Callable[..., Any]:
    """Make a function of the model's inputs [n, …] and labels (float32 [n]) that learns from them and returns the loss.

    One trace for all shapes, and no XLA: that compiles per length and was slower on a processor.
    """
    cross_entropy = keras.losses.BinaryCrossentropy()

    def step(inputs: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = cross_entropy(labels[:, None], model(inputs, training=True)) + sum(model.losses)
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss

    compiled: Callable[..., Any] = tf.function(step, input_signature=[_inputs(model), _LABELS])
    return compiled


def compile_scoring(model: keras.Model) -> Callable[..., Any]:
    """Make a function of the model's inputs [n, …] that gives scores (float32 [n]). Making one takes a second or two.

    The model must outlive it.
    """
    traced = tf.function(lambda inputs: model(inputs, training=False)[:, 0], input_signature=[_inputs(model)])
    compiled: Callable[..., Any] = (
        traced.get_concrete_function()
    )  # not warned about when many models are scored
    return compiled


def predict(call: Callable[..., Any], tweets: Examples) -> NDArray[np.float32]:
    """Score tweets with a :func:`compile_scoring`: float32 [n], the probability of positive."""
    scores = np.empty(len(tweets), np.float32)
    by_length = np.argsort(tweets.lengths, kind="stable")
    for start in range(0, len(by_length), _SCORING_ROWS):
        rows = by_length[start : start + _SCORING_ROWS]
        scores[rows] = call(tf.nest.map_structure(tf.constant, tweets.inputs_of(rows))).numpy()
    return scores


def _inputs(model: keras.Model) -> tf.TensorSpec | list[tf.TensorSpec]:
    specs = [tf.TensorSpec(inputs.shape, inputs.dtype) for inputs in model.inputs]
    return specs if len(specs) > 1 else specs[0]
