"""Fit a small network to the vectors of whole sentences, which a sentence encoder computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np

from badbuzz.errors import Usage
from model_registry.networks.base import OUTPUT_BIAS, OUTPUT_KERNEL
from model_registry.networks.sentence import SentenceNetwork
from model_registry.scoring.scorer import BATCH
from model_registry.scoring.sentence_encoder import SentenceHead
from model_registry.text.vocabulary import Vocabulary
from training.data.sentence_vectors import CachedSentenceEncoder
from training.fitting import DeployableModel
from training.neural.compiled import compile_scoring, predict
from training.neural.loop import FittingExamples, RunFiles, build_run_identity, count_fitted_parameters, fit

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from training.data.dataset import CleanedTweets, Dataset
    from training.data.sentence_vectors import SentenceVectors
    from training.fitting import CurvePoint, FittingInputs, Tensors
    from training.neural.observer import FittingObserver
    from training.specs import SentenceSpec


@dataclass(frozen=True, slots=True)
class SentenceExamples:
    """Tweets as sentence vectors (float16 [n, dimensions]) with labels (float32 [n])."""

    vectors: NDArray[np.float16]
    labels: NDArray[np.float32]

    @property
    def lengths(self) -> NDArray[np.int32]:
        """One length for all: any tweets can share a batch."""
        return np.zeros(len(self.labels), np.int32)

    def __len__(self) -> int:
        return len(self.labels)

    def get_inputs(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of some tweets in single precision."""
        return self.vectors[rows].astype(np.float32)


@dataclass(frozen=True, slots=True)
class FittedSentenceModel:
    """A fitted network over sentence vectors. ``cpu_seconds`` includes the encoding."""

    spec: SentenceSpec
    model: keras.Model
    dataset: Dataset
    curve: list[CurvePoint]
    cpu_seconds: float
    _encoder: CachedSentenceEncoder
    _observer: FittingObserver

    @property
    def parameters(self) -> int:
        """How many numbers were fitted."""
        return count_fitted_parameters(self.model)

    def score(self, tweets: CleanedTweets) -> NDArray[np.float32]:
        """Score tweets: float32 [n], the probability of *positive*."""
        encoded = self._encoder.encode(tweets.texts, self._observer.on_sentences_encoded)
        return predict(compile_scoring(self.model), _examples(encoded, tweets))

    def make_deployable(self) -> DeployableModel:
        """Return the network over sentences. Its few numbers stay in single precision."""
        hidden, *_ = weights = self.model.get_weights()
        dimensions, units = hidden.shape
        return DeployableModel(
            SentenceNetwork(dimensions=dimensions, units=units, encoder=self._encoder.fingerprint),
            Vocabulary(()),
            dict(zip(("dense/kernel", "dense/bias", OUTPUT_KERNEL, OUTPUT_BIAS), weights, strict=True)),
            score_with=self._score_with,
            change="Calibration",
        )

    def _score_with(self, tensors: Tensors, tweets: CleanedTweets) -> NDArray[np.float32]:
        head = SentenceHead(tensors)
        vectors = self._encoder.encode(tweets.texts, self._observer.on_sentences_encoded).vectors
        starts = range(0, len(vectors), BATCH)
        return np.concatenate([head.predict(vectors[start : start + BATCH]) for start in starts])


def fit_sentence_model(
    spec: SentenceSpec, inputs: FittingInputs, folder: Path, observer: FittingObserver
) -> FittedSentenceModel:
    """Fit a spec, or continue from the checkpoint in ``folder``. Sentence vectors are cached beside it, in ``sentences``.

    :raises Usage: if no encoder is given.
    :raises Misconfigured: if the encoder or the checkpoint is invalid.
    """
    if inputs.vectors is None:
        raise Usage(f"{spec.name}: needs a sentence encoder; give its folder")
    encoder = CachedSentenceEncoder(inputs.vectors, folder.parent / "sentences")
    dataset = inputs.dataset
    train = encoder.encode(dataset.train.texts, observer.on_sentences_encoded)
    validation = encoder.encode(dataset.validation.texts, observer.on_sentences_encoded)
    keras.utils.set_random_seed(spec.seed)
    model = build_sentence_network(train.vectors.shape[1], spec)
    examples = FittingExamples(_examples(train, dataset.train), _examples(validation, dataset.validation))
    files = RunFiles(folder, build_run_identity(spec, dataset, encoder.fingerprint))
    state = fit(model, examples, spec, files, observer)
    cpu_seconds = state.cpu_seconds + train.cpu_seconds + validation.cpu_seconds
    return FittedSentenceModel(spec, model, dataset, state.curve, cpu_seconds, encoder, observer)


def build_sentence_network(dimensions: int, spec: SentenceSpec) -> keras.Model:
    """Build the network: sentence vectors (float32 [n, dimensions]) to the probability of *positive* (float32 [n, 1])."""
    inputs = keras.Input((dimensions,), dtype="float32", name="sentences")
    hidden = keras.layers.Dense(spec.units, activation="relu")(inputs)
    hidden = keras.layers.Dropout(spec.dropout, seed=spec.seed)(hidden)
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))


def _examples(encoded: SentenceVectors, tweets: CleanedTweets) -> SentenceExamples:
    return SentenceExamples(encoded.vectors, tweets.labels.astype(np.float32))
