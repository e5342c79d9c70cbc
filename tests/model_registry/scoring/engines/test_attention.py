"""A layer beside its definition is tested through the engine, in test_transformer_engine.py."""

from __future__ import annotations

import numpy as np

from model_registry.scoring.engines.attention import Layer, LengthGroup, Norm
from tests.model_registry import tiny_transformer_model

NETWORK = tiny_transformer_model.NETWORK
TENSORS = {name: tensor.astype(np.float32) for name, tensor in tiny_transformer_model.tensors().items()}


def test_normalised_pieces_have_mean_0_and_variance_1_before_scale_and_shift() -> None:
    norm = Norm({"norm/scale": np.ones(8, np.float32), "norm/shift": np.zeros(8, np.float32)}, "norm")
    x = norm(np.random.default_rng(1).normal(5, 3, size=(4, 8)).astype(np.float32))
    np.testing.assert_allclose(x.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(x.var(axis=1), 1, rtol=1e-5)


def test_tweets_do_not_attend_to_each_other() -> None:
    layer = Layer(NETWORK, 0, TENSORS)
    x = np.random.default_rng(2).normal(size=(7, NETWORK.units)).astype(np.float32)
    together = layer(x.copy(), [LengthGroup(0, 2, 2), LengthGroup(4, 1, 3)])
    alone = [
        layer(x[start:end].copy(), [LengthGroup(0, 1, end - start)])
        for start, end in [(0, 2), (2, 4), (4, 7)]
    ]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=0, atol=1e-5)
