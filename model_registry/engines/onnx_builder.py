"""Builds an ONNX graph node by node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Sequence

    import onnx
    from numpy.typing import NDArray

_OPSET: Final = 18
_IR_VERSION: Final = 10
"""The oldest ones that have all that the graphs need, so that a wide range of ONNX Runtimes takes them."""


class GraphBuilder:
    """Nodes and constants of a graph; values get their names by number."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._values = 0

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        """Add a value that is known now, and give its name."""
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
        """Split ``value`` along its first axis into equal parts."""
        outputs = [self._name() for _ in range(parts)]
        self._nodes.append(helper.make_node("Split", [value], outputs, axis=0, num_outputs=parts))
        return outputs

    def model(self, inputs: Sequence[onnx.ValueInfoProto], output: onnx.ValueInfoProto) -> onnx.ModelProto:
        """Make a model of all that was added."""
        graph = helper.make_graph(self._nodes, "scores", inputs, [output], self._constants)
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
        )

    def _name(self) -> str:
        self._values += 1
        return f"v{self._values}"
