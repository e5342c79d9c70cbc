from __future__ import annotations

import importlib
import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from badbuzz.errors import ModelRefused
from model_registry.networks.ngram_term import NgramTerm
from model_registry.text.ngrams import NgramHasher
from model_registry.text.vocabulary import Vocabulary
from tests.model_registry import tiny_model
from tests.model_registry.networks.test_recurrent import PARAMETERS_OF_THE_STUDY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from numpy.typing import NDArray

    Numbers = NDArray[np.floating]

pytestmark = pytest.mark.tensorflow

SUBSETS = list(itertools.product([True, False], repeat=3))


@pytest.fixture(scope="module")
def keras_network() -> ModuleType:
    pytest.importorskip("keras")
    return importlib.import_module("model_registry.keras_models.recurrent")


@pytest.mark.parametrize("name", PARAMETERS_OF_THE_STUDY)
def test_trainable_parameters_are_the_study_s(name: str, keras_network: ModuleType) -> None:
    network, parameters = PARAMETERS_OF_THE_STUDY[name]
    weights = keras_network.build_network(network).trainable_weights
    assert sum(int(np.prod(weight.shape)) for weight in weights) == parameters


@pytest.mark.parametrize("ngram_term", [None, NgramTerm(buckets=30)], ids=["", "n-grams"])
@pytest.mark.parametrize("pooling", [None, "max_mean"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "bilstm"])
def test_tensors_are_loaded_and_extracted_with_their_names_and_shapes(
    cell: str, pooling: str | None, ngram_term: NgramTerm | None, keras_network: ModuleType
) -> None:
    network = tiny_model.NETWORK.model_copy(
        update={"cell": cell, "pooling": pooling, "ngram_term": ngram_term}
    )
    model = keras_network.build_network(network)
    wanted = tiny_model.tensors(network)
    keras_network.load_tensors(model, wanted)
    found = keras_network.extract_tensors(model)
    assert {name: tensor.shape for name, tensor in found.items()} == network.tensor_shapes()
    for name, tensor in wanted.items():
        np.testing.assert_array_equal(found[name], tensor)


def test_n_grams_are_dropped_in_training_only(keras_network: ModuleType) -> None:
    wide = NgramTerm(buckets=30, dropout=0.9)
    network = tiny_model.NETWORK.model_copy(
        update={"ngram_term": wide, "dropout": 0.0, "spatial_dropout": 0.0}
    )
    model = keras_network.build_network(network, seed=1)
    keras_network.load_tensors(model, tiny_model.tensors(network))
    ids = np.array([[3, 4, 5, 6, 7]] * 50, np.int32)
    inputs = [ids, NgramHasher(wide, Vocabulary(tiny_model.WORDS))(ids)]
    assert np.ptp(model(inputs, training=True).numpy()) > 0.1
    assert np.ptp(model(inputs, training=False).numpy()) < 1e-6


def test_words_are_dropped_in_training_only(keras_network: ModuleType) -> None:
    network = tiny_model.NETWORK.model_copy(
        update={"word_dropout": 0.5, "dropout": 0.0, "spatial_dropout": 0.0, "max_length": 9}
    )
    model, known = keras_network.build_network(network, seed=1), tiny_model.tensors(network)
    keras_network.load_tensors(model, known)
    plain = keras_network.build_network(network.model_copy(update={"word_dropout": None}))
    keras_network.load_tensors(plain, known)
    ids = np.array([[3, 4, 5, 0, 0]] * 500, np.int32)
    np.testing.assert_allclose(model(ids, training=False), plain(ids), rtol=0, atol=1e-6)
    unread = [[word if kept else 1 for word, kept in zip((3, 4, 5), read, strict=True)] for read in SUBSETS]
    possible = plain(np.array(unread, np.int32)).numpy().ravel()
    found = np.unique(model(ids, training=True).numpy().round(5))
    np.testing.assert_allclose(found, np.sort(possible), rtol=0, atol=1e-5)


def test_half_precision_is_converted_to_single(keras_network: ModuleType) -> None:
    model = keras_network.build_network(tiny_model.NETWORK)
    tensors = tiny_model.tensors()
    half = tensors["embedding"].astype(np.float16)
    keras_network.load_tensors(model, tensors | {"embedding": half})
    np.testing.assert_array_equal(keras_network.extract_tensors(model)["embedding"], half.astype(np.float32))


def test_scores_are_those_of_the_definition(keras_network: ModuleType) -> None:
    model = keras_network.build_network(tiny_model.NETWORK)
    tensors = tiny_model.tensors()
    keras_network.load_tensors(model, tensors)
    rows = [[3, 4, 5, 6, 7], [1], [2, 2, 9]]
    ids = np.array([row + [0] * (5 - len(row)) for row in rows], np.int32)
    scores = model(ids).numpy()[:, 0]
    np.testing.assert_allclose(scores, [score_slowly(row, tensors) for row in rows], atol=1e-6)


def score_slowly(ids: list[int], tensors: Mapping[str, NDArray[np.floating]]) -> float:
    """An LSTM and two dense layers, one word at a time."""
    hidden: Numbers = np.zeros(tiny_model.NETWORK.units)
    cell: Numbers = hidden
    for token in ids:
        gates = tensors["embedding"][token] @ tensors["recurrent/kernel"] + tensors["recurrent/bias"]
        input_gate, forget_gate, candidate, output_gate = np.split(
            gates + hidden @ tensors["recurrent/recurrent_kernel"], 4
        )
        cell = sigmoid(forget_gate) * cell + sigmoid(input_gate) * np.tanh(candidate)
        hidden = sigmoid(output_gate) * np.tanh(cell)
    dense = np.maximum(hidden @ tensors["dense/kernel"] + tensors["dense/bias"], 0)
    return float(sigmoid(dense @ tensors["output/kernel"] + tensors["output/bias"])[0])


def sigmoid(values: Numbers) -> Numbers:
    positive: Numbers = 1 / (1 + np.exp(-values))
    return positive


@pytest.mark.parametrize("name", ["embedding", "recurrent/bias", "dense/kernel", "output/bias"])
def test_weights_that_do_not_fit_are_refused(name: str, keras_network: ModuleType) -> None:
    model = keras_network.build_network(tiny_model.NETWORK)
    tensors = tiny_model.tensors()
    with pytest.raises(ModelRefused, match=name.split("/", maxsplit=1)[0]):
        keras_network.load_tensors(model, tensors | {name: tensors[name][:1, ...].repeat(99, axis=0)})
    with pytest.raises(ModelRefused, match=name):
        keras_network.load_tensors(model, {key: tensor for key, tensor in tensors.items() if key != name})
