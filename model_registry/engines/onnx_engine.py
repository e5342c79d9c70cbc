"""ONNX Runtime on the CPU: the worker's default engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import onnxruntime

from badbuzz.errors import ModelRefused
from model_registry.engines.onnx_graph import (
    ACTIVE,
    ENDINGS,
    LENGTHS,
    SCORES,
    WIDE,
    build_graph,
    gate_table,
    table,
    words,
)
from model_registry.network import BACKWARD, FORWARD
from model_registry.ngrams import WideTerm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_registry.artifact import Artifact
    from model_registry.network import Network
    from model_registry.vocabulary import TokenBatch

CHUNK: Final = 512
"""Tweets for one run of the graph: at 128 units one step's gates (1 MB) still fit a core's own cache."""

MAX_TABLE_BYTES: Final = 1 << 30
"""A few megabytes of weights can ask for gigabytes of table: a large vocabulary of short vectors, many units."""


class OnnxEngine:
    """The graph of :mod:`model_registry.engines.onnx_graph` in one session."""

    def __init__(self, network: Network, artifact: Artifact, threads: int) -> None:
        numbers = network.vocabulary_size * network.gates * network.units * len(network.directions)
        table_bytes = numbers * np.dtype(np.float32).itemsize
        if table_bytes > MAX_TABLE_BYTES:
            raise ModelRefused(
                f"{artifact.manifest.ref}: {network.vocabulary_size:,} words × {network.units} units make a table "
                f"of {table_bytes:,} bytes, more than {MAX_TABLE_BYTES:,}; prune the vocabulary, or use the engine "
                "tensorflow"
            )
        self._steps = network.max_length
        self._tables = {table(way): gate_table(way, artifact.tensors) for way in network.directions}
        self._both_ways = BACKWARD in network.directions
        self._pools = network.pooling is not None
        self._wide = WideTerm(network.wide, artifact.vocabulary, artifact.tensors) if network.wide else None
        self._session = _session(build_graph(network, artifact.tensors).SerializeToString(), threads)

    def predict(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Give the probability of positive, float32 [tweets], in the batch's order."""
        scores = np.empty(len(batch.lengths), np.float32)
        longest_first = np.argsort(-batch.lengths, kind="stable")
        for start in range(0, len(scores), CHUNK):
            rows = longest_first[start : start + CHUNK]
            scores[rows] = self._run(batch.ids[rows], batch.lengths[rows])
        return scores

    def _run(self, ids: NDArray[np.int32], lengths: NDArray[np.int32]) -> NDArray[np.float32]:
        goes_on = np.arange(self._steps + 1)[:, None] < lengths
        active = goes_on.sum(axis=1)
        endings = np.stack([active[1:], active[:-1] - active[1:]], axis=1)
        told = goes_on[: ids.shape[1]]
        feed = {**self._tables, ACTIVE: active[:-1], ENDINGS: endings.ravel(), words(FORWARD): ids.T[told]}
        if self._both_ways:
            feed[words(BACKWARD)] = _reversed(ids, lengths).T[told]
        if self._pools:
            feed[LENGTHS] = lengths[:, None].astype(np.float32)
        if self._wide:
            feed[WIDE] = self._wide(ids[:, : lengths.max()])
        found: NDArray[np.float32] = self._session.run([SCORES], feed)[0]
        return found[:, 0]


def _reversed(ids: NDArray[np.int32], lengths: NDArray[np.int32]) -> NDArray[np.int32]:
    """Turn each tweet's words round; its padding stays on the right."""
    from_the_end = (lengths[:, None] - 1 - np.arange(ids.shape[1])) % ids.shape[1]
    return np.take_along_axis(ids, from_the_end, axis=1)


def _session(graph: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # a plan for shapes that never come again would be kept for each
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
