from __future__ import annotations

import numpy as np

from model_registry.scoring.sentence_head import SentenceHead
from tests.model_registry import tiny_model, tiny_sentence_model


def test_predictions_are_those_of_the_definition() -> None:
    tensors = tiny_model.tensors(tiny_sentence_model.draft().network)
    vectors = np.random.default_rng(1).normal(size=(20, 8)).astype(np.float16)
    hidden = np.maximum(vectors.astype(np.float64) @ tensors["dense/kernel"] + tensors["dense/bias"], 0)
    logits = (hidden @ tensors["output/kernel"] + tensors["output/bias"])[:, 0]
    scores = SentenceHead(tensors).predict(vectors)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, 1 / (1 + np.exp(-logits)), rtol=0, atol=1e-6)
