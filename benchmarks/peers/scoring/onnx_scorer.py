"""Scores with the ONNX file in ONNX Runtime, as a team without the product's engine would.

Cleaning and vocabulary are the product's, because the model was trained with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import onnxruntime

from badbuzz.cleaning import clean, get_rules
from benchmarks.harness.network import recurrent
from benchmarks.peers.scoring import ONNX_FILE
from model_registry.package.directory import read_directory

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

BATCH: Final = 32
"""Tweets of similar length that are scored together: 16 to 48 are fastest. Unsorted, it is half as fast."""


class OnnxScorer:
    """The part of the interface of :class:`model_registry.scoring.scorer.Scorer` that the peers use."""

    def __init__(self, folder: Path) -> None:
        version = folder / "version"
        loaded_model = read_directory(version).open(str(version))
        self.threshold: Final = loaded_model.manifest.threshold
        cleaning = loaded_model.manifest.cleaning
        self._rules = get_rules(cleaning.name, cleaning.version)
        self._vocabulary = loaded_model.vocabulary
        self._max_length = recurrent(loaded_model).max_length
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the peers have a process for each core
        self._session = onnxruntime.InferenceSession(
            str(folder / ONNX_FILE), options, providers=["CPUExecutionProvider"]
        )

    def score(self, texts: pa.Array) -> NDArray[np.float32]:
        """Return the probability of *positive*, float32 [n], of each text."""
        tokens = self._vocabulary.encode(clean(texts, self._rules), self._max_length)
        by_length = np.argsort(tokens.lengths, kind="stable")
        scores = np.empty(len(texts), np.float32)
        for start in range(0, len(texts), BATCH):
            rows = by_length[start : start + BATCH]
            lengths = tokens.lengths[rows]
            ids = tokens.ids[rows, : lengths.max()]
            scores[rows] = self._session.run(None, {"ids": ids, "lengths": lengths})[0][:, 0]
        return scores
