"""The programs that are measured on one batch: each engine, the scorer from raw texts, and Keras ``predict``."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from badbuzz.cleaning import clean, get_rules
from badbuzz.settings import EngineName, Settings
from benchmarks.harness.network import recurrent
from model_registry.networks.token_ids import PADDING_ID
from model_registry.scoring.engines import open_engine
from model_registry.scoring.predictors import make_token_predictor
from model_registry.scoring.scorer import Scorer
from model_registry.text.ngrams import open_hasher

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray

    from model_registry.package.package import LoadedModel
    from model_registry.scoring.engines import Engine
    from model_registry.text.vocabulary import TokenBatch

ENGINES: tuple[EngineName, ...] = get_args(EngineName)
DEFAULT_ENGINE: EngineName = Settings.model_fields["engine"].default
"""The worker's default engine."""
KERAS = "keras_predict"
"""The whole batch at once, padded to its longest tweet: Keras's best."""
KERAS_DEFAULT = "keras_predict_default"
"""Keras's defaults: batches of 32, each tweet padded to the network's maximum."""
SCORER = "scorer"
"""Raw texts to probabilities, by the default engine."""


class Programs:
    """The shipped model in all programs that can run it."""

    def __init__(self, loaded_model: LoadedModel, threads: int) -> None:
        self._loaded_model = loaded_model
        self.engines: dict[str, Engine] = {name: open_engine(loaded_model, name, threads) for name in ENGINES}
        self._max_length = recurrent(loaded_model).max_length
        predict = make_token_predictor(
            loaded_model.vocabulary, self.engines[DEFAULT_ENGINE], self._max_length
        )
        self._scorer = Scorer(loaded_model.manifest, predict)
        self._keras = _make_keras_predict(loaded_model)

    def encode(self, texts: pa.Array) -> TokenBatch:
        """Return the engines' input."""
        cleaning = self._loaded_model.manifest.cleaning
        cleaned = clean(texts, get_rules(cleaning.name, cleaning.version))
        return self._loaded_model.vocabulary.encode(cleaned, self._max_length)

    def make_calls(self, texts: pa.Array) -> dict[str, Callable[[], NDArray[np.float32]]]:
        """Return a call of each program on these texts."""
        batch = self.encode(texts)
        calls: dict[str, Callable[[], NDArray[np.float32]]] = {
            name: lambda engine=engine: engine.predict(batch)  # type: ignore[misc]  # mypy infers no default's type
            for name, engine in self.engines.items()
        }
        calls[SCORER] = lambda: self._scorer.score(texts)
        calls[KERAS] = lambda: self._keras(batch.ids, len(batch.lengths))
        calls[KERAS_DEFAULT] = lambda: self._keras(self._padded(batch.ids), None)
        return calls

    def _padded(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        missing = self._max_length - ids.shape[1]
        return np.pad(ids, ((0, 0), (0, missing)), constant_values=PADDING_ID)


def _make_keras_predict(
    loaded_model: LoadedModel,
) -> Callable[[NDArray[np.int32], int | None], NDArray[np.float32]]:
    """Return Keras's ``predict`` with the same weights: a function of ids and batch size (None for Keras's default)."""
    from model_registry.keras_models.recurrent import build_network, load_tensors  # noqa: PLC0415 - TensorFlow, only where it is measured

    network = recurrent(loaded_model)
    model = build_network(network)
    load_tensors(model, loaded_model.tensors)
    hasher = open_hasher(network.ngram_term, loaded_model.vocabulary, loaded_model.tensors)

    def predict(ids: NDArray[np.int32], size: int | None) -> NDArray[np.float32]:
        inputs = [ids, hasher(ids)] if hasher else ids
        found: NDArray[np.float32] = model.predict(inputs, batch_size=size, verbose=0)[:, 0]
        return found

    return predict
