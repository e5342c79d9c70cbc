"""The LSTM as an ONNX graph, built from the weights for speed on a CPU.

The graph is unrolled, and its rows are tweets sorted by length, the longest first. Step t sees the rows that
still have a word there, and nothing else: rows that end at t are split off as their final state, so there is no
masking arithmetic and no work on padding. The input half of the gates, ``embedding · kernel + bias``, is folded
into one table, so that a step looks its word up instead of multiplying.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from model_registry.network import GATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import onnx
    from numpy.typing import NDArray

    from model_registry.network import Network

TABLE: Final = "table"
WORDS: Final = "words"
ACTIVE: Final = "active"
ENDINGS: Final = "endings"
SCORES: Final = "scores"

_OPSET: Final = 18
_IR_VERSION: Final = 10
"""The oldest ones that have all that the graph needs, so that a wide range of ONNX Runtimes takes it."""

_TABLE_ROWS_AT_ONCE: Final = 4_096
"""Rows that are widened to float32 at a time: the whole embedding in single precision never exists."""


def gate_table(tensors: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float32]:
    """Fold the embedding into the gates: float32 [vocabulary, 4 · units], one row for each word."""
    embedding, kernel, bias = tensors["embedding"], tensors["recurrent/kernel"], tensors["recurrent/bias"]
    table = np.empty((len(embedding), kernel.shape[1]), np.float32)
    for start in range(0, len(embedding), _TABLE_ROWS_AT_ONCE):
        rows = slice(start, start + _TABLE_ROWS_AT_ONCE)
        np.matmul(embedding[rows].astype(np.float32), kernel, out=table[rows])
        table[rows] += bias
    return table


def build_graph(network: Network, tensors: Mapping[str, NDArray[np.floating]]) -> onnx.ModelProto:
    """Build the graph of a chunk of n tweets with L = ``network.max_length`` steps.

    Inputs: ``table`` float32 [vocabulary, 4 · units]; ``words`` int32, the ids of all first words, then of all
    second ones, and so on; ``active`` int64 [L], how many words each step has; ``endings`` int64 [2 · L], for each
    step how many tweets go on after it and how many end there. Output: ``scores`` float32 [n, 1] in the order of
    the tweets.
    """
    graph = _Graph()
    words = graph.split(WORDS, ACTIVE, network.max_length)
    endings = graph.split_evenly(ENDINGS, network.max_length)
    recurrent = graph.constant("recurrent", tensors["recurrent/recurrent_kernel"])
    gates = graph.constant("gates", np.full(GATES, network.units, np.int64))
    state: tuple[str, str] | None = None
    ended = []
    for word, ending in zip(words, endings, strict=True):
        inputs = graph.add("Gather", TABLE, word)
        hidden, memory = _cell(graph, inputs, state, recurrent, gates)
        hidden, ended_here = graph.split(hidden, ending, 2)
        memory, _ = graph.split(memory, ending, 2)
        state = hidden, memory
        ended.append(ended_here)
    final = graph.add("Concat", *reversed(ended), axis=0)
    dense = graph.add("Relu", _dense(graph, "dense", final, tensors))
    graph.add("Sigmoid", _dense(graph, "output", dense, tensors), to=SCORES)
    return graph.model(
        inputs=[
            helper.make_tensor_value_info(
                TABLE, TensorProto.FLOAT, [network.vocabulary_size, GATES * network.units]
            ),
            helper.make_tensor_value_info(WORDS, TensorProto.INT32, ["words"]),
            helper.make_tensor_value_info(ACTIVE, TensorProto.INT64, [network.max_length]),
            helper.make_tensor_value_info(ENDINGS, TensorProto.INT64, [2 * network.max_length]),
        ],
        output=helper.make_tensor_value_info(SCORES, TensorProto.FLOAT, ["tweets", 1]),
    )


def _cell(
    graph: _Graph, inputs: str, state: tuple[str, str] | None, recurrent: str, gates: str
) -> tuple[str, str]:
    """One step: hidden state and memory after it. Before the first step both are zero, and so are their products."""
    total = inputs if state is None else graph.add("Gemm", state[0], recurrent, inputs)
    admit, keep, candidate, reveal = graph.split(total, gates, GATES, axis=1)
    memory = graph.add("Mul", graph.add("Sigmoid", admit), graph.add("Tanh", candidate))
    if state is not None:
        memory = graph.add("Add", graph.add("Mul", graph.add("Sigmoid", keep), state[1]), memory)
    return graph.add("Mul", graph.add("Sigmoid", reveal), graph.add("Tanh", memory)), memory


def _dense(graph: _Graph, name: str, inputs: str, tensors: Mapping[str, NDArray[np.floating]]) -> str:
    kernel = graph.constant(f"{name}/kernel", tensors[f"{name}/kernel"])
    bias = graph.constant(f"{name}/bias", tensors[f"{name}/bias"])
    return graph.add("Gemm", inputs, kernel, bias)


class _Graph:
    """Nodes and constants as they pile up; values get their names by number."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._values = 0

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator: str, *inputs: str, to: str | None = None, axis: int | None = None) -> str:
        """Append a node with one output."""
        output = to or self._name()
        attributes: dict[str, Any] = {} if axis is None else {"axis": axis}
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def split(self, value: str, sizes: str, parts: int, axis: int = 0) -> Sequence[str]:
        """Split ``value`` along ``axis`` into parts of the sizes that ``sizes`` holds when the graph runs."""
        outputs = [self._name() for _ in range(parts)]
        self._nodes.append(helper.make_node("Split", [value, sizes], outputs, axis=axis))
        return outputs

    def split_evenly(self, value: str, parts: int) -> Sequence[str]:
        outputs = [self._name() for _ in range(parts)]
        self._nodes.append(helper.make_node("Split", [value], outputs, axis=0, num_outputs=parts))
        return outputs

    def model(self, inputs: Sequence[onnx.ValueInfoProto], output: onnx.ValueInfoProto) -> onnx.ModelProto:
        graph = helper.make_graph(self._nodes, "lstm", inputs, [output], self._constants)
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
        )

    def _name(self) -> str:
        self._values += 1
        return f"v{self._values}"
