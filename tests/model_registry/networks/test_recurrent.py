from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from model_registry.networks.recurrent import RecurrentNetwork

PARAMETERS_OF_THE_STUDY = {
    "RNN, own vectors": (
        RecurrentNetwork(vocabulary_size=50_000, embedding_dimensions=256, cell="rnn"),
        12_857_601,
    ),
    "LSTM, own vectors": (RecurrentNetwork(vocabulary_size=50_000, embedding_dimensions=256), 13_005_441),
    "BiLSTM, own vectors": (
        RecurrentNetwork(vocabulary_size=50_000, embedding_dimensions=256, cell="bilstm"),
        13_210_753,
    ),
    "GloVe, frozen": (
        RecurrentNetwork(vocabulary_size=93_480, embedding_dimensions=200, trainable_embedding=False),
        176_769,
    ),
    "Word2Vec, frozen": (
        RecurrentNetwork(vocabulary_size=93_480, embedding_dimensions=300, trainable_embedding=False),
        227_969,
    ),
}


@pytest.mark.parametrize("name", PARAMETERS_OF_THE_STUDY)
def test_tensors_have_as_many_numbers_as_the_study_counted(name: str) -> None:
    network, parameters = PARAMETERS_OF_THE_STUDY[name]
    sizes = {name: math.prod(shape) for name, shape in network.tensor_shapes().items()}
    frozen = 0 if network.trainable_embedding else sizes["embedding"]
    assert sum(sizes.values()) - frozen == parameters


@pytest.mark.parametrize(
    "wrong",
    [
        {"vocabulary_size": 2},
        {"embedding_dimensions": 0},
        {"units": 1 << 40},
        {"max_length": 0},
        {"dropout": 1},
        {"cell": "transformer"},
        {"heads": 8},
    ],
)
def test_impossible_shapes_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        RecurrentNetwork(**{"vocabulary_size": 10, "embedding_dimensions": 4} | wrong)
