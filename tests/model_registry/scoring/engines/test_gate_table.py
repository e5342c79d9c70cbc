from __future__ import annotations

import numpy as np
import pytest

from model_registry.scoring.engines import gate_table
from model_registry.scoring.engines.gate_table import GateTable, TablePlaces, split_by_gate
from tests.model_registry import tiny_model


def test_an_lstm_s_blocks_are_reordered_and_logistic_ones_halved() -> None:
    units = tiny_model.NETWORK.units
    weights = np.repeat(np.arange(1, 5, dtype=np.float32), units)[None]  # input, forget, cell, output
    assert split_by_gate(tiny_model.NETWORK, weights)[:, 0, 0].tolist() == [0.5, 1, 2, 3]


def test_a_simple_cell_has_one_block_as_it_is() -> None:
    network = tiny_model.NETWORK.model_copy(update={"cell": "rnn"})
    weights = np.arange(2 * network.units, dtype=np.float32).reshape(2, -1)
    np.testing.assert_array_equal(split_by_gate(network, weights), weights[None])


@pytest.mark.parametrize("common", [4, 100])
def test_a_located_word_s_row_is_its_embedding_times_the_kernel(
    common: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_table, "COMMON", common)
    tensors = tiny_model.tensors()
    table, places = (
        GateTable(tiny_model.NETWORK, "recurrent", tensors),
        TablePlaces(tiny_model.NETWORK.vocabulary_size),
    )
    for ids in (np.array([[1, 3, 9], [12, 9, 0]]), np.array([[14, 2, 5]])):
        rows, rare = places.locate(ids)
        table.fill_rare(rare)
        assert rare.tolist() == sorted({token for token in ids.ravel().tolist() if token >= common})
        kernel = split_by_gate(tiny_model.NETWORK, tensors["recurrent/kernel"])
        bias = split_by_gate(tiny_model.NETWORK, tensors["recurrent/bias"][None])
        expected = tensors["embedding"][ids.ravel()] @ kernel + bias
        np.testing.assert_allclose(table.rows[:, rows.ravel()], expected, rtol=0, atol=1e-5)
