"""From tweets and vectors to a fitted recurrent network: what ``badbuzz train`` does before it registers anything."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras

from badbuzz.errors import Usage
from model_registry.keras_models.recurrent import build, extract_tensors, load_tensors
from model_registry.networks.token_ids import RESERVED_IDS
from model_registry.text.ngrams import open_hasher
from model_registry.text.vocabulary import Vocabulary
from training.data.distillation import digest_of, taught
from training.data.encoded import count_words, encode
from training.data.vectors import own_embedding, read_vectors, starting_embedding
from training.neural.loop import CHECKPOINT_FILE, Fold, Run, fit
from training.neural.steps import predict, scoring_call
from training.specs import WideDeepSpec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from model_registry.networks.recurrent import RecurrentNetwork
    from training.data.dataset import CleanedTweets, Dataset
    from training.neural.checkpoint import CurvePoint
    from training.neural.watcher import Watcher
    from training.specs import NeuralSpec, RecurrentSpec, ResidualSpec


@dataclass(frozen=True, slots=True)
class FittedRecurrent:
    """A fitted model, the data it saw, and how it got on. ``parameters`` counts those that were fitted.

    ``beside`` is how its wide term was fitted, if that was fitted after the rest.
    """

    spec: RecurrentSpec
    network: RecurrentNetwork
    vocabulary: Vocabulary
    tensors: Mapping[str, NDArray[np.floating]]
    dataset: Dataset
    parameters: int
    curve: list[CurvePoint]
    cpu_seconds: float
    beside: ResidualSpec | None = None

    def score(self, tweets: CleanedTweets) -> NDArray[np.float32]:
        """Score tweets: float32 [n], the probability of positive."""
        model = build(self.network)
        load_tensors(model, self.tensors)
        hasher = open_hasher(self.network.ngram_term, self.vocabulary, self.tensors)
        return predict(scoring_call(model), encode(tweets, self.vocabulary, self.network.max_length, hasher))


@dataclass(frozen=True, slots=True)
class Sources:
    """What a run starts from: tweets, and what gives vectors, if the spec has none of its own.

    For words that is a file (see :func:`read_vectors`), for sentences an encoder's folder (see
    :mod:`model_registry.scoring.sentence_encoder`).
    ``teachers`` are files of scores to learn from, too (see :mod:`training.data.distillation`).
    """

    dataset: Dataset
    vectors: Path | None = None
    teachers: tuple[Path, ...] = ()


def train(
    spec: RecurrentSpec, sources: Sources, folder: Path, *, resume: bool, watcher: Watcher
) -> FittedRecurrent:
    """Train ``spec``, keeping checkpoints in ``folder``; ``resume`` goes on from one.

    :raises Usage: if there is a checkpoint, but it is not to be resumed: it may be hours of work.
    :raises DataRefused: if a teacher is not of these tweets.
    :raises Misconfigured: if the vectors or the checkpoint are not what they should be.
    """
    if (folder / CHECKPOINT_FILE).exists() and not resume:
        raise Usage(
            f"{folder}: holds a run already; --resume goes on with it, another --out starts a new one"
        )
    dataset = sources.dataset
    vocabulary, start = starting_point(spec, dataset, sources.vectors)
    network = spec.network(vocabulary.size, start.shape[1])
    keras.utils.set_random_seed(spec.seed)
    model = build(network, spec.seed)
    load_tensors(model, {**extract_tensors(model), "embedding": start})
    hasher = open_hasher(network.ngram_term, vocabulary, {})
    learnt = encode(dataset.train, vocabulary, network.max_length, hasher)
    validation = encode(dataset.validation, vocabulary, network.max_length, hasher)
    digest = hashlib.sha256(start.tobytes()).hexdigest()
    if isinstance(spec, WideDeepSpec) and spec.teacher_weight:
        learnt = taught(learnt, sources.teachers, spec.teacher_weight)
        digest = "+".join([digest, *map(digest_of, sources.teachers)])
    run = Run(folder, recipe_of(spec, dataset, digest), resume)
    ended = fit(model, Fold(learnt, validation), spec, run, watcher)
    return FittedRecurrent(
        spec=spec,
        network=network,
        vocabulary=vocabulary,
        tensors=extract_tensors(model),
        dataset=dataset,
        parameters=fitted_parameters(model),
        curve=ended.curve,
        cpu_seconds=ended.cpu_seconds,
    )


def starting_point(
    spec: RecurrentSpec, dataset: Dataset, vectors: Path | None
) -> tuple[Vocabulary, NDArray[np.float32]]:
    """Choose the words, and lay out the embedding that fitting starts from: float32 [vocabulary, dimensions].

    :raises Usage: if the spec needs a file of vectors and none is given.
    """
    counts = count_words(dataset.train.texts)
    if spec.vectors == "own":
        vocabulary = Vocabulary.build(counts, spec.vocabulary_size)
        return vocabulary, own_embedding(vocabulary.size, spec.own_dimensions, seed=spec.seed)
    if vectors is None:
        raise Usage(f"{spec.name}: starts from {spec.vectors} vectors; give their file")
    known = read_vectors(vectors, counts)
    if spec.freeze:
        counts = {word: number for word, number in counts.items() if word in known.by_word}
    vocabulary = Vocabulary.build(counts, spec.vocabulary_size)
    return vocabulary, starting_embedding(vocabulary.tokens, known, reserved=RESERVED_IDS, seed=spec.seed)


def recipe_of(spec: NeuralSpec, dataset: Dataset, vectors: str) -> str:
    """Spell out all that decides how a run goes. ``vectors`` is a digest of what its inputs are made with."""
    return json.dumps({"spec": spec.to_json(), "data": dataset.fingerprint, "vectors": vectors})


def fitted_parameters(model: keras.Model) -> int:
    """Count the numbers that fitting may change."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)
