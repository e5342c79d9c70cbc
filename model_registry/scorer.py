"""From raw texts to probabilities: clean, encode, score, as the model's manifest says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pyarrow as pa

from badbuzz.cleaning import clean, rules_named
from model_registry.engines import open_engine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_registry.artifact import Artifact
    from model_registry.engines import Engine, EngineName
    from model_registry.manifest import Manifest
    from model_registry.vocabulary import Vocabulary

BATCH: Final = 4_096
"""Tweets at a time, however many are asked for: more are no faster and cost memory."""


class Scorer:
    """One model version in one engine. One thread at a time may use it."""

    def __init__(self, manifest: Manifest, vocabulary: Vocabulary, engine: Engine) -> None:
        self._rules = rules_named(manifest.cleaning.name)
        self._max_length = manifest.network.max_length
        self._vocabulary = vocabulary
        self._engine = engine
        self.model: Final = str(manifest.ref)
        self.threshold: Final = manifest.threshold

    @classmethod
    def open(cls, artifact: Artifact, engine: EngineName = "numpy", threads: int = 1) -> Self:
        """Load a model into an engine. The artifact's weights are no longer needed then.

        :raises ModelRefused: if the model is too large for the engine.
        :raises Misconfigured: if the engine's libraries are not installed.
        """
        return cls(artifact.manifest, artifact.vocabulary, open_engine(artifact, engine, threads))

    def score(self, texts: pa.Array | pa.ChunkedArray) -> NDArray[np.float32]:
        """Give the probability of positive, float32 [n], of each text; a null is an empty text."""
        scores = np.empty(len(texts), np.float32)
        for start in range(0, len(texts), BATCH):
            scores[start : start + BATCH] = self._score(texts.slice(start, BATCH))
        return scores

    def _score(self, texts: pa.Array | pa.ChunkedArray) -> NDArray[np.float32]:
        """Score a batch, each distinct text once: retweets say the same a thousand times."""
        column = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
        distinct = column.dictionary_encode(null_encoding="encode")
        cleaned = clean(distinct.dictionary, self._rules)
        scores = self._engine.predict(self._vocabulary.encode(cleaned, self._max_length))
        found: NDArray[np.float32] = scores[distinct.indices.to_numpy()]
        return found
