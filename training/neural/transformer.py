"""Fine-tune a pretrained Transformer encoder with a classifier on top."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import keras
import numpy as np

from badbuzz.errors import Usage
from model_registry.keras_models.transformer import add_classifier, extract_tensors
from model_registry.networks.base import EMBEDDING
from model_registry.scoring.engines.transformer_engine import TransformerEngine
from model_registry.scoring.predictors import make_token_predictor
from model_registry.scoring.scorer import BATCH
from model_registry.text.vocabulary import Vocabulary
from model_registry.text.word_pieces import PADDING, UNKNOWN, WordPieces
from training.fitting import DeployableModel, round_to_half
from training.neural.compiled import compile_scoring, predict
from training.neural.loop import FittingExamples, RunFiles, build_run_identity, count_fitted_parameters, fit
from training.neural.pretrained import PretrainedEncoder

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from model_registry.networks.transformer import TransformerNetwork
    from training.data.dataset import CleanedTweets, Dataset
    from training.fitting import CurvePoint, FittingInputs, Tensors
    from training.neural.observer import FittingObserver
    from training.specs import TransformerSpec


@dataclass(frozen=True, slots=True)
class FittedTransformer:
    """A fine-tuned encoder with its classifier."""

    spec: TransformerSpec
    model: keras.Model
    dataset: Dataset
    curve: list[CurvePoint]
    cpu_seconds: float
    _pretrained: PretrainedEncoder

    @property
    def parameters(self) -> int:
        """How many numbers were fitted."""
        return count_fitted_parameters(self.model)

    def score(self, tweets: CleanedTweets) -> NDArray[np.float32]:
        """Score tweets: float32 [n], the probability of *positive*."""
        return predict(compile_scoring(self.model), self._pretrained.encode(tweets, self.spec.max_pieces))

    def make_deployable(self) -> DeployableModel:
        """Return the network with its large tensors in half precision; padding and the unknown word come first."""
        ids = self._pretrained.pieces()
        pieces = [piece for piece in ids if piece not in {PADDING, UNKNOWN}]
        rows = [ids[piece] for piece in (PADDING, UNKNOWN, *pieces)]
        network = self._pretrained.shape(len(rows), self.spec.max_pieces)
        fitted = extract_tensors(self.model, network)
        vocabulary = Vocabulary(tuple(pieces))
        return DeployableModel(
            network,
            vocabulary,
            round_to_half(network, fitted | {EMBEDDING: fitted[EMBEDDING][rows]}),
            score_with=partial(_score, network, vocabulary),
            change="Rounding to half precision, and calibration,",
        )


def _score(
    network: TransformerNetwork, vocabulary: Vocabulary, tensors: Tensors, tweets: CleanedTweets
) -> NDArray[np.float32]:
    engine = TransformerEngine(network, tensors, threads=os.cpu_count() or 1)
    predict_texts = make_token_predictor(WordPieces.from_vocabulary(vocabulary), engine, network.max_length)
    starts = range(0, len(tweets), BATCH)
    batches = (predict_texts(tweets.texts.slice(start, BATCH)) for start in starts)
    return np.concatenate([scores.probabilities for scores in batches])


def fit_transformer(
    spec: TransformerSpec, inputs: FittingInputs, folder: Path, observer: FittingObserver
) -> FittedTransformer:
    """Fine-tune the encoder in ``inputs.vectors``, or continue from the checkpoint in ``folder``.

    :raises Usage: if no encoder is given.
    :raises Misconfigured: if the encoder or the checkpoint is invalid, or keras-hub is not installed.
    """
    if inputs.vectors is None:
        raise Usage(f"{spec.name}: needs a Transformer encoder; give its folder")
    pretrained, dataset = PretrainedEncoder(inputs.vectors), inputs.dataset
    keras.utils.set_random_seed(spec.seed)
    model = build_transformer(pretrained, spec)
    examples = FittingExamples(
        pretrained.encode(dataset.train, spec.max_pieces),
        pretrained.encode(dataset.validation, spec.max_pieces),
    )
    files = RunFiles(folder, build_run_identity(spec, dataset, pretrained.fingerprint))
    state = fit(model, examples, spec, files, observer)
    return FittedTransformer(spec, model, dataset, state.curve, state.cpu_seconds, pretrained)


def build_transformer(pretrained: PretrainedEncoder, spec: TransformerSpec) -> keras.Model:
    """Build the network: word-piece ids (int32 [n, length], padded on the right) to probabilities (float32 [n, 1]).

    The vectors of the word pieces are not fitted: they are half of all numbers, and so few tweets contain few of them.
    """
    network = pretrained.network(spec.encoder_dropout)
    network.token_embedding.trainable = False
    return add_classifier(network, spec.dropout, spec.seed)
