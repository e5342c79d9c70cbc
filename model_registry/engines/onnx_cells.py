"""One step of a recurrent layer, as nodes of an ONNX graph.

A step takes what the word puts into the gates and the state after the word before, and gives the state after this word:
the hidden state first, then what else the layer remembers. Before the first word the state is empty: it would be zero,
and so would its products.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from model_registry.network import LSTM_GATES

if TYPE_CHECKING:
    from model_registry.engines.onnx_builder import GraphBuilder

Step: TypeAlias = Callable[[str, Sequence[str]], Sequence[str]]


def simple_step(graph: GraphBuilder, recurrent: str) -> Step:
    """Make the step of a simple recurrent layer, whose recurrent kernel is the constant ``recurrent``."""

    def step(inputs: str, state: Sequence[str]) -> Sequence[str]:
        return (graph.add("Tanh", _with_state(graph, inputs, state, recurrent)),)

    return step


def lstm_step(graph: GraphBuilder, recurrent: str, units: int) -> Step:
    """Make the step of an LSTM, whose recurrent kernel is the constant ``recurrent``."""
    gates = graph.constant(f"{recurrent}/gates", np.full(LSTM_GATES, units, np.int64))

    def step(inputs: str, state: Sequence[str]) -> Sequence[str]:
        total = _with_state(graph, inputs, state, recurrent)
        admit, keep, candidate, reveal = graph.split(total, gates, LSTM_GATES, axis=1)
        memory = graph.add("Mul", graph.add("Sigmoid", admit), graph.add("Tanh", candidate))
        if state:
            memory = graph.add("Add", graph.add("Mul", graph.add("Sigmoid", keep), state[1]), memory)
        return graph.add("Mul", graph.add("Sigmoid", reveal), graph.add("Tanh", memory)), memory

    return step


def _with_state(graph: GraphBuilder, inputs: str, state: Sequence[str], recurrent: str) -> str:
    return graph.add("Gemm", state[0], recurrent, inputs) if state else inputs
