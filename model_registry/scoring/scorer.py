"""From raw texts to probabilities: clean, read, score, as the model's manifest says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pyarrow as pa

from badbuzz.cleaning import clean, rules_named
from model_registry.scoring.text_models import open_reader

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from model_registry.package.artifact import Artifact
    from model_registry.package.manifest import Manifest
    from model_registry.scoring.engines import EngineName
    from model_registry.scoring.text_models import Reader

BATCH: Final = 4_096
"""Tweets at a time, however many are asked for: more are no faster and cost memory."""


class Scorer:
    """One model version in one engine. One thread at a time may use it."""

    def __init__(self, manifest: Manifest, reader: Reader) -> None:
        self._rules = rules_named(manifest.cleaning.name)
        self._reader = reader
        self.model: Final = str(manifest.ref)
        self.threshold: Final = manifest.threshold

    @classmethod
    def open(
        cls,
        artifact: Artifact,
        engine: EngineName = "numpy",
        threads: int = 1,
        encoder: Path | None = None,
    ) -> Self:
        """Load a model into an engine. The artifact's weights are no longer needed then.

        ``encoder`` is the folder of a sentence encoder, for a model that needs one.

        :raises ModelRefused: if the model is too large for the engine, or the encoder is not the model's.
        :raises Misconfigured: if the encoder is not given or broken, or libraries are not installed.
        """
        return cls(artifact.manifest, open_reader(artifact, engine, threads, encoder))

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
        scores = self._reader.predict(cleaned)
        found: NDArray[np.float32] = scores[distinct.indices.to_numpy()]
        return found
