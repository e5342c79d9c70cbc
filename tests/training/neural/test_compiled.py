from __future__ import annotations

import numpy as np
import pytest

from training.data.encoded import EncodedTweets

pytest.importorskip("tensorflow")

import keras
import tensorflow as tf

from training.neural import compiled
from training.neural.compiled import compile_scoring, compile_training_step, predict

pytestmark = pytest.mark.tensorflow


def make_model(l2: float = 0.0) -> keras.Model:
    """Return a model that sums a number per word id; ids are of any length."""
    ids = keras.Input((None,), dtype="int32")
    embedding = keras.layers.Embedding(
        4, 1, embeddings_initializer="ones", embeddings_regularizer=keras.regularizers.L2(l2)
    )
    total = keras.layers.Lambda(lambda vectors: tf.reduce_sum(vectors, axis=1))(embedding(ids))
    return keras.Model(ids, keras.layers.Activation("sigmoid")(total))


def test_scores_keep_the_order_of_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_SCORING_ROWS", 2)
    model = make_model()
    model.layers[1].set_weights([np.array([[0.0], [1.0], [2.0], [3.0]])])
    ids = np.array([[3, 0, 0], [1, 1, 0], [2, 3, 1], [0, 0, 0], [1, 0, 0]], np.int32)
    examples = EncodedTweets(ids, np.array([1, 2, 3, 1, 1], np.int32), np.zeros(5, np.float32))
    expected = 1 / (1 + np.exp(-np.array([3.0, 2.0, 6.0, 0.0, 1.0])))
    np.testing.assert_allclose(predict(compile_scoring(model), examples), expected, rtol=1e-6)


def test_a_step_returns_the_loss_before_it_and_updates_the_weights() -> None:
    model = make_model(l2=0.1)
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build(model.trainable_variables)
    step = compile_training_step(model, optimizer)
    ids, labels = np.array([[1, 2]], np.int32), np.array([1.0], np.float32)
    losses = [float(step(ids, labels)) for _ in range(2)]
    penalty = 0.1 * 4
    assert losses[0] == pytest.approx(np.log1p(np.exp(-2.0)) + penalty, rel=1e-4)
    assert losses[1] < losses[0]


def test_a_model_is_traced_once_for_all_lengths_and_batch_sizes() -> None:
    model = make_model()
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build(model.trainable_variables)
    step = compile_training_step(model, optimizer)
    for rows, length in ((1, 3), (5, 2), (4, 7)):
        step(np.ones((rows, length), np.int32), np.ones(rows, np.float32))
    assert step.experimental_get_tracing_count() == 1  # type: ignore[attr-defined] # of a tf.function
