"""Exports the model as an ONNX file with ONNX's LSTM operator: ids and lengths of tweets to scores.

It is made from the weights, because tf2onnx turns a Keras LSTM into a loop, which is slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save_model

from benchmarks.harness.network import recurrent
from benchmarks.peers.scoring import ONNX_FILE
from model_registry.networks.base import OUTPUT_BIAS
from model_registry.networks.recurrent import FORWARD, LSTM_GATES
from model_registry.package.directory import read_directory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from onnx import GraphProto

_ONNX_ORDER = [0, 3, 1, 2]
"""ONNX's order of gates is input, output, forget, cell; Keras's is input, forget, cell, output."""
_OPSET, _IR_VERSION = 18, 10


def write_onnx_file(folder: Path) -> None:
    """Write the ONNX file of the model version in ``folder``.

    :raises SystemExit: if the model is not a plain LSTM in one direction.
    """
    version = folder / "version"
    loaded_model = read_directory(version).open(str(version))
    network = recurrent(loaded_model)
    if network.cell != "lstm" or network.pooling or network.ngram_term:
        raise SystemExit(
            f"{loaded_model.manifest.ref}: only an LSTM in one direction, without an n-gram term, is exported"
        )
    graph = _make_graph(
        {name: tensor.astype(np.float32) for name, tensor in loaded_model.tensors.items()}, network.units
    )
    opset = [helper.make_opsetid("", _OPSET)]
    save_model(helper.make_model(graph, opset_imports=opset, ir_version=_IR_VERSION), folder / ONNX_FILE)


def _make_graph(tensors: Mapping[str, NDArray[np.float32]], units: int) -> GraphProto:
    bias = _reorder_gates(tensors[f"{FORWARD}/bias"][None])[:, 0]
    weights = {
        "embedding": tensors["embedding"],
        "kernel": _reorder_gates(tensors[f"{FORWARD}/kernel"])[None],
        "recurrent": _reorder_gates(tensors[f"{FORWARD}/recurrent_kernel"])[None],
        "bias": np.concatenate([bias, np.zeros_like(bias)])[None],  # Keras has one bias, ONNX two
        "dense": tensors["dense/kernel"],
        "dense_bias": tensors["dense/bias"],
        "output": tensors["output/kernel"],
        "output_bias": tensors[OUTPUT_BIAS],
    }
    node = helper.make_node
    nodes = [
        node("Gather", ["embedding", "ids"], ["words"]),
        node("Transpose", ["words"], ["steps"], perm=[1, 0, 2]),
        node("LSTM", ["steps", "kernel", "recurrent", "bias", "lengths"], ["", "last"], hidden_size=units),
        node("Squeeze", ["last", "direction"], ["state"]),
        node("Gemm", ["state", "dense", "dense_bias"], ["linear"]),
        node("Relu", ["linear"], ["features"]),
        node("Gemm", ["features", "output", "output_bias"], ["logits"]),
        node("Sigmoid", ["logits"], ["scores"]),
    ]
    value = helper.make_tensor_value_info
    initializers = [
        numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in weights.items()
    ]
    return helper.make_graph(
        nodes,
        "sentiment",
        [
            value("ids", TensorProto.INT32, ["tweets", "words"]),
            value("lengths", TensorProto.INT32, ["tweets"]),
        ],
        [value("scores", TensorProto.FLOAT, ["tweets", 1])],
        [*initializers, numpy_helper.from_array(np.array([0]), "direction")],
    )


def _reorder_gates(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Convert Keras's [rows, gates · units] into ONNX's [gates · units, rows]."""
    return np.concatenate([np.split(weights, LSTM_GATES, axis=1)[gate] for gate in _ONNX_ORDER], axis=1).T
