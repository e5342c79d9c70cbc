"""From raw texts to probabilities: clean, tokenize and score them as the model's manifest says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pyarrow as pa

from badbuzz.cleaning import clean, get_rules
from model_registry.scoring.predictors import open_predictor
from model_registry.scoring.scores import Scores

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from badbuzz.settings import EngineName
    from model_registry.package.manifest import Manifest
    from model_registry.package.package import LoadedModel
    from model_registry.scoring.predictors import Predictor

BATCH: Final = 4_096
"""Tweets scored at a time: larger batches are no faster and cost memory."""


class Scorer:
    """A model version in an engine. Not thread-safe."""

    def __init__(self, manifest: Manifest, predict: Predictor) -> None:
        self._rules = get_rules(manifest.cleaning.name, manifest.cleaning.version)
        self._predict = predict
        self.model: Final = str(manifest.ref)
        self.threshold: Final = manifest.threshold

    @classmethod
    def open(
        cls, model: LoadedModel, engine: EngineName = "numpy", threads: int = 1, encoder: Path | None = None
    ) -> Self:
        """Load a model into an engine. ``model`` is not needed afterwards.

        ``encoder`` is the folder of a sentence encoder, for a model that needs one.

        :raises ModelRefused: if the model is too large for the engine, or the encoder is not the model's.
        :raises Misconfigured: if the encoder is missing or broken, or libraries are not installed.
        """
        return cls(model.manifest, open_predictor(model, engine, threads, encoder))

    def score(self, texts: pa.Array | pa.ChunkedArray) -> NDArray[np.float32]:
        """Return the probability of *positive*, float32 [n], of all texts, also of those of which the model can read nothing."""
        return self.score_texts(texts).probabilities

    def score_texts(self, texts: pa.Array | pa.ChunkedArray) -> Scores:
        """Score texts; a null counts as an empty text."""
        scores = Scores(np.empty(len(texts), np.float32), np.empty(len(texts), np.bool_))
        for start in range(0, len(texts), BATCH):
            batch = slice(start, start + BATCH)
            scores.probabilities[batch], scores.unread[batch] = self._score(texts.slice(start, BATCH))
        return scores

    def _score(self, texts: pa.Array | pa.ChunkedArray) -> Scores:
        """Score each distinct text of a batch once, because retweets repeat a text."""
        column = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
        distinct = column.dictionary_encode(null_encoding="encode")
        cleaned = clean(distinct.dictionary, self._rules)
        scores = self._predict(cleaned)
        texts_of_batch = distinct.indices.to_numpy()
        return Scores(scores.probabilities[texts_of_batch], scores.unread[texts_of_batch])
