from __future__ import annotations

import numpy as np

from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.scoring.engines.linear_engine import LinearEngine
from model_registry.text.vocabulary import TokenBatch, Vocabulary
from tests.model_registry import tiny_model


def test_without_known_n_grams_the_score_is_that_of_the_bias() -> None:
    network = LinearNetwork(
        vocabulary_size=tiny_model.NETWORK.vocabulary_size,
        ngram_term=NgramTerm(buckets=50, one_ngram_per_bucket=True),
    )
    tensors = tiny_model.tensors(network) | {"wide/fingerprints": np.full(50, 2047, np.float32)}
    engine = LinearEngine(network, Vocabulary(tiny_model.WORDS), tensors)
    batch = TokenBatch(np.array([[3, 4], [5, 0]], np.int32), np.array([2, 1], np.int32))
    expected = 1 / (1 + np.exp(-tensors["output/bias"]))
    np.testing.assert_allclose(engine.predict(batch), np.repeat(expected, 2), rtol=0, atol=1e-6)
