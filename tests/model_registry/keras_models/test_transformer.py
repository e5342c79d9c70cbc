"""Scores are tested in tests/model_registry/scoring/engines/test_transformer_engine.py."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.model_registry import tiny_transformer_model

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.tensorflow
NETWORK = tiny_transformer_model.NETWORK


@pytest.fixture(scope="module")
def keras_transformer() -> ModuleType:
    pytest.importorskip("keras_hub")
    return importlib.import_module("model_registry.keras_models.transformer")


def test_tensors_are_loaded_and_extracted_unchanged(keras_transformer: ModuleType) -> None:
    model = keras_transformer.build_network(NETWORK)
    tensors = tiny_transformer_model.tensors()
    keras_transformer.load_tensors(model, NETWORK, tensors)
    found = keras_transformer.extract_tensors(model, NETWORK)
    assert {name: tensor.shape for name, tensor in found.items()} == NETWORK.tensor_shapes()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(found[name], tensor.astype(np.float32))


def test_a_shorter_network_gets_the_first_positions(keras_transformer: ModuleType) -> None:
    model = keras_transformer.build_network(NETWORK)
    keras_transformer.load_tensors(model, NETWORK, tiny_transformer_model.tensors())
    shorter = NETWORK.model_copy(update={"max_length": 4})
    found = keras_transformer.extract_tensors(model, shorter)
    whole = keras_transformer.extract_tensors(model, NETWORK)
    np.testing.assert_array_equal(found["positions"], whole["positions"][:4])
