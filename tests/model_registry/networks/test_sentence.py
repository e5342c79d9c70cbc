from __future__ import annotations

import pytest
from pydantic import ValidationError

from model_registry.networks.sentence import SentenceNetwork

NETWORK = SentenceNetwork(dimensions=512, units=64, encoder="0123456789abcdef" * 4)


def test_tensors_are_those_of_two_dense_layers() -> None:
    assert NETWORK.tensor_shapes() == {
        "dense/kernel": (512, 64),
        "dense/bias": (64,),
        "output/kernel": (64, 1),
        "output/bias": (1,),
    }


def test_descriptions() -> None:
    assert NETWORK.summary == "dense of 64 over sentences of 512 numbers by encoder 0123456789ab…"
    assert f"(fingerprint `{NETWORK.encoder}`) → Dense 64 → 1" in NETWORK.architecture
    assert (NETWORK.input_dimensions, NETWORK.vocabulary_size) == (512, 2)
    assert NETWORK.has_encoder


@pytest.mark.parametrize("encoder", ["", "0" * 63, "G" * 64, "../" + "0" * 61])
def test_a_fingerprint_has_64_hexadecimal_digits(encoder: str) -> None:
    with pytest.raises(ValidationError, match="encoder"):
        SentenceNetwork(dimensions=1, units=1, encoder=encoder)
