"""A recurrent network as an ONNX graph, built from the weights for speed on a CPU.

The graph is unrolled, and its rows are tweets sorted by length, the longest first. Step t sees the rows that
still have a word there, and nothing else: rows that end at t are split off as their final state, so there is no
masking arithmetic and no work on padding. Where the network pools, the largest value and the sum of each unit go along
with the state. The input half of the gates, ``embedding · kernel + bias``, is folded
into one table, so that a step looks its word up instead of multiplying. What reads a tweet from its last word on is
the same graph over the words in reverse. A wide term is summed before the graph runs, and added before its sigmoid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from onnx import TensorProto, helper

from model_registry.engines.onnx_builder import GraphBuilder
from model_registry.engines.onnx_cells import lstm_step, simple_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import onnx
    from numpy.typing import NDArray

    from model_registry.network import Network

ACTIVE: Final = "active"
ENDINGS: Final = "endings"
LENGTHS: Final = "lengths"
WIDE: Final = "wide"
SCORES: Final = "scores"

_TABLE_ROWS_AT_ONCE: Final = 4_096
"""Rows that are widened to float32 at a time: the whole embedding in single precision never exists."""


def table(way: str) -> str:
    """Name the input that is the table of a direction of :attr:`Network.directions`."""
    return f"{way}/table"


def words(way: str) -> str:
    """Name the input that is the words, in the order in which a direction reads them."""
    return f"{way}/words"


def gate_table(way: str, tensors: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float32]:
    """Fold the embedding into a direction's gates: float32 [vocabulary, gates · units], one row for each word."""
    embedding, kernel, bias = tensors["embedding"], tensors[f"{way}/kernel"], tensors[f"{way}/bias"]
    folded = np.empty((len(embedding), kernel.shape[1]), np.float32)
    for start in range(0, len(embedding), _TABLE_ROWS_AT_ONCE):
        rows = slice(start, start + _TABLE_ROWS_AT_ONCE)
        np.matmul(embedding[rows].astype(np.float32), kernel, out=folded[rows])
        folded[rows] += bias
    return folded


def build_graph(network: Network, tensors: Mapping[str, NDArray[np.floating]]) -> onnx.ModelProto:
    """Build the graph of a chunk of n tweets with L = ``network.max_length`` steps.

    Inputs, the first two for each direction: :func:`table` float32 [vocabulary, gates · units]; :func:`words` int32, the
    ids of all first words, then of all second ones, and so on; ``active`` int64 [L], how many words each step has;
    ``endings`` int64 [2 · L], for each step how many tweets go on after it and how many end there; ``lengths`` float32
    [n, 1], if the network pools; ``wide`` float32 [n, 1], the sum of its wide term, if it has one. Output: ``scores``
    float32 [n, 1] in the order of the tweets.
    """
    graph = GraphBuilder()
    endings = graph.split_evenly(ENDINGS, network.max_length)
    read = [_read(graph, network, way, endings, tensors) for way in network.directions]
    features = graph.add(
        "Concat", *(feature for alike in zip(*read, strict=True) for feature in alike), axis=1
    )
    dense = graph.add("Relu", _dense(graph, "dense", features, tensors))
    logits = _dense(graph, "output", dense, tensors)
    graph.add("Sigmoid", graph.add("Add", logits, WIDE) if network.wide else logits, to=SCORES)
    width = network.gates * network.units
    return graph.model(
        inputs=[
            *(
                _input(table(way), TensorProto.FLOAT, network.vocabulary_size, width)
                for way in network.directions
            ),
            *(_input(words(way), TensorProto.INT32, "words") for way in network.directions),
            _input(ACTIVE, TensorProto.INT64, network.max_length),
            _input(ENDINGS, TensorProto.INT64, 2 * network.max_length),
            *([_input(LENGTHS, TensorProto.FLOAT, "tweets", 1)] if network.pooling else ()),
            *([_input(WIDE, TensorProto.FLOAT, "tweets", 1)] if network.wide else ()),
        ],
        output=_input(SCORES, TensorProto.FLOAT, "tweets", 1),
    )


def _read(
    graph: GraphBuilder,
    network: Network,
    way: str,
    endings: Sequence[str],
    tensors: Mapping[str, NDArray[np.floating]],
) -> Sequence[str]:
    """Read the tweets word by word: what the dense layer sees of them, each [n, units]."""
    recurrent = graph.constant(f"{way}/recurrent", tensors[f"{way}/recurrent_kernel"])
    step = (
        simple_step(graph, recurrent) if network.cell == "rnn" else lstm_step(graph, recurrent, network.units)
    )
    state: Sequence[str] = ()
    pooled: Sequence[str] = ()
    ended = []
    for word, ending in zip(graph.split(words(way), ACTIVE, network.max_length), endings, strict=True):
        state = step(graph.add("Gather", table(way), word), state)
        pooled = _pool(graph, state[0], pooled) if network.pooling else ()
        parts = [graph.split(value, ending, 2) for value in (*state, *pooled)]
        ended.append([gone for _, gone in (parts[len(state) :] or parts[:1])])
        going_on = [going for going, _ in parts]
        state, pooled = going_on[: len(state)], going_on[len(state) :]
    final = [graph.add("Concat", *reversed(values), axis=0) for values in zip(*ended, strict=True)]
    return [final[0], graph.add("Div", final[1], LENGTHS)] if network.pooling else final


def _pool(graph: GraphBuilder, hidden: str, pooled: Sequence[str]) -> Sequence[str]:
    """Take a word's state into the largest value of each unit and into its sum."""
    if not pooled:
        return hidden, hidden
    return graph.add("Max", pooled[0], hidden), graph.add("Add", pooled[1], hidden)


def _dense(graph: GraphBuilder, name: str, inputs: str, tensors: Mapping[str, NDArray[np.floating]]) -> str:
    kernel = graph.constant(f"{name}/kernel", tensors[f"{name}/kernel"])
    bias = graph.constant(f"{name}/bias", tensors[f"{name}/bias"])
    return graph.add("Gemm", inputs, kernel, bias)


def _input(name: str, kind: int, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)
