"""The limit: the speed of this processor in matrix products of the recurrent layer's shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from model_registry.networks.recurrent import RecurrentNetwork

BLOCK: Final = 512
"""Rows of one product. Both libraries are fastest with it; more rows do not fit into the core's cache."""


def count_active_rows(lengths: NDArray[np.int32]) -> list[int]:
    """Return the number of tweets with a word at each step, from the second step: the first has no state to multiply."""
    return [int((lengths > step).sum()) for step in range(1, int(lengths.max()))]


def split_into_blocks(lengths: NDArray[np.int32]) -> list[int]:
    """Return these numbers split into blocks of at most :data:`BLOCK`."""
    return [
        min(BLOCK, rows - start) for rows in count_active_rows(lengths) for start in range(0, rows, BLOCK)
    ]


def count_flops(network: RecurrentNetwork, lengths: NDArray[np.int32]) -> float:
    """Return the number of multiplications and additions of the recurrent products."""
    width = network.gates * network.units
    return 2.0 * sum(count_active_rows(lengths)) * network.units * width * len(network.directions)


def make_limit_programs(
    network: RecurrentNetwork, lengths: NDArray[np.int32], threads: int
) -> dict[str, Callable[[], object]]:
    """Return programs that only do these products in fp32, one for each library. The fastest is the limit."""
    width = network.gates * network.units
    random = np.random.default_rng(1)
    kernel = random.normal(size=(network.units, width)).astype(np.float32)
    state = random.normal(size=(BLOCK, network.units)).astype(np.float32)
    gates = np.empty((BLOCK, width), np.float32)
    rows = split_into_blocks(lengths) * len(network.directions)
    onnx = _OnnxProduct(kernel, state, gates, threads)

    def numpy_products() -> None:
        for number in rows:
            np.matmul(state[:number], kernel, out=gates[:number])

    def onnx_products() -> None:
        for number in rows:
            onnx.multiply(number)

    return {"limit_numpy": numpy_products, "limit_onnxruntime": onnx_products}


class _OnnxProduct:
    """One product in ONNX Runtime. Its matrices are bound in advance, so that nothing is copied."""

    def __init__(
        self,
        kernel: NDArray[np.float32],
        state: NDArray[np.float32],
        gates: NDArray[np.float32],
        threads: int,
    ) -> None:
        shape = [None, kernel.shape[0]], list(kernel.shape), [None, kernel.shape[1]]
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, size)
            for name, size in zip("abc", shape, strict=True)
        ]
        graph = helper.make_graph(
            [helper.make_node("MatMul", ["a", "b"], ["c"])], "g", inputs[:2], inputs[2:]
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._matrices = state, kernel, gates
        self._bindings: dict[int, onnxruntime.IOBinding] = {}

    def multiply(self, rows: int) -> None:
        self._session.run_with_iobinding(self._bindings.get(rows) or self._bind(rows))

    def _bind(self, rows: int) -> onnxruntime.IOBinding:
        state, kernel, gates = self._matrices
        binding = self._bindings[rows] = self._session.io_binding()
        value = onnxruntime.OrtValue.ortvalue_from_numpy
        binding.bind_ortvalue_input("a", value(state[:rows]))
        binding.bind_ortvalue_input("b", value(kernel))
        binding.bind_ortvalue_output("c", value(gates[:rows]))
        return binding
