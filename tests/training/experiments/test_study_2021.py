"""The table has the study's settings, and the models the study's numbers of parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from training.experiments.beyond import find_experiment
from training.experiments.study_2021 import STUDY
from training.specs import NeuralSpec, NgramSpec, RecurrentSpec, SentenceSpec

if TYPE_CHECKING:
    from model_registry.networks.recurrent import RecurrentNetwork

RECURRENT = {each.name: each.spec for each in STUDY if isinstance(each.spec, RecurrentSpec)}
OWN_VECTORS = {"rnn": 12_857_601, "lstm": 13_005_441, "bilstm": 13_210_753}
BASELINES = {"rnn_base", "rnn_dropout3", "rnn_dropout5"}
FROZEN = {"word2vec_lstm": (300, 227_969), "glove_lstm": (200, 176_769)}


def fitted(network: RecurrentNetwork) -> int:
    sizes = {name: math.prod(shape) for name, shape in network.tensor_shapes().items()}
    return sum(sizes.values()) - (0 if network.trainable_embedding else sizes["embedding"])


@pytest.mark.parametrize(("name", "parameters"), OWN_VECTORS.items())
def test_parameters_with_own_vectors(name: str, parameters: int) -> None:
    spec = RECURRENT[name]
    assert fitted(spec.network(spec.vocabulary_size, spec.own_dimensions)) == parameters


@pytest.mark.parametrize(("name", "dimensions", "parameters"), [(n, *facts) for n, facts in FROZEN.items()])
def test_parameters_with_the_study_s_frozen_vectors(name: str, dimensions: int, parameters: int) -> None:
    assert RECURRENT[name].freeze
    assert fitted(RECURRENT[name].network(93_480, dimensions)) == parameters


@pytest.mark.tensorflow
def test_parameters_of_the_network_over_sentences() -> None:
    pytest.importorskip("keras")
    from training.neural.loop import count_fitted_parameters  # noqa: PLC0415 - needs Keras
    from training.neural.sentence import build_sentence_network  # noqa: PLC0415 - needs Keras

    spec = find_experiment("use_lite_dense").spec
    assert isinstance(spec, SentenceSpec)
    assert count_fitted_parameters(build_sentence_network(512, spec)) == 131_585


def test_all_networks_are_fitted_as_the_study_says() -> None:
    for each in STUDY:
        spec = each.spec
        if isinstance(spec, NgramSpec):
            assert spec.rows == 30_000
            continue
        assert isinstance(spec, NeuralSpec)
        settings = (spec.epochs, spec.batch_size, spec.learning_rate, spec.decay, spec.rows)
        assert settings == (5, 250, 0.001, False, 400_000), each.name


@pytest.mark.parametrize("name", RECURRENT)
def test_all_recurrent_networks_have_one_shape(name: str) -> None:
    spec = RECURRENT[name]
    network = spec.network(spec.vocabulary_size, 256)
    assert (network.units, network.dense_units, network.max_length) == (128, 64, 36)
    if name not in BASELINES:
        assert (network.spatial_dropout, network.cell_dropout, network.dropout, network.l2) == (
            0.5,
            0,
            0.5,
            0.001,
        )


def test_the_baselines_differ_in_dropout_and_penalty() -> None:
    settings = {
        name: (spec.spatial_dropout, spec.cell_dropout, spec.dropout, spec.l2)
        for name, spec in RECURRENT.items()
        if name in BASELINES
    }
    assert settings == {
        "rnn_base": (0, 0.3, 0, 0),
        "rnn_dropout3": (0, 0, 0.3, 0.001),
        "rnn_dropout5": (0, 0, 0.5, 0.001),
    }
