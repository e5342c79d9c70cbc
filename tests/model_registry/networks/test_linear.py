from __future__ import annotations

from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NgramTerm

NETWORK = LinearNetwork(vocabulary_size=50_000, ngram_term=NgramTerm(buckets=1 << 20))


def test_tensors_are_the_term_s_and_a_bias() -> None:
    assert NETWORK.tensor_shapes() == {"output/bias": (1,), "wide/weights": (1 << 20, 1)}


def test_descriptions() -> None:
    assert NETWORK.summary == (
        "linear, 50,000 words, 36 words a tweet, all runs of up to 3 words in 1,048,576 buckets"
    )
    assert NETWORK.architecture == (
        "The sum of a weight for each run of up to 3 words, hashed to 1,048,576 buckets; 50,000 words are known, "
        "the first 36 of a tweet count"
    )
    assert NETWORK.input_dimensions is None
