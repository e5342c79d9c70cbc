"""A Keras model compiled by TensorFlow: its training step, and its scoring.

Both are traced once for all lengths and batch sizes. XLA is off: it compiles for each length, and was slower on a CPU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import keras
import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from training.data.encoded import Examples

_SCORING_ROWS: Final = 2_048
_LABELS: Final = tf.TensorSpec((None,), tf.float32)


def compile_training_step(model: keras.Model, optimizer: keras.Optimizer) -> Callable[..., Any]:
    """Return a function of inputs [n, …] and labels (float32 [n]) that updates the model and returns the loss."""
    cross_entropy = keras.losses.BinaryCrossentropy()

    def train_step(inputs: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = cross_entropy(labels[:, None], model(inputs, training=True)) + sum(model.losses)
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss

    compiled: Callable[..., Any] = tf.function(train_step, input_signature=[_input_specs(model), _LABELS])
    return compiled


def compile_scoring(model: keras.Model) -> Callable[..., Any]:
    """Return a function of inputs [n, …] that returns scores (float32 [n]). Tracing takes a second or two.

    The model must outlive the function.
    """
    score = tf.function(
        lambda inputs: model(inputs, training=False)[:, 0], input_signature=[_input_specs(model)]
    )
    # A concrete function: of ordinary ones, TensorFlow warns when a process scores with many models.
    compiled: Callable[..., Any] = score.get_concrete_function()
    return compiled


def predict(score: Callable[..., Any], examples: Examples) -> NDArray[np.float32]:
    """Score examples with a function of :func:`compile_scoring`: float32 [n], the probability of *positive*."""
    scores = np.empty(len(examples), np.float32)
    by_length = np.argsort(examples.lengths, kind="stable")
    for start in range(0, len(by_length), _SCORING_ROWS):
        rows = by_length[start : start + _SCORING_ROWS]
        scores[rows] = score(tf.nest.map_structure(tf.constant, examples.get_inputs(rows))).numpy()
    return scores


def _input_specs(model: keras.Model) -> tf.TensorSpec | list[tf.TensorSpec]:
    specs = [tf.TensorSpec(inputs.shape, inputs.dtype) for inputs in model.inputs]
    return specs if len(specs) > 1 else specs[0]
