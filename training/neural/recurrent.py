"""Fit a recurrent network to tweets, starting from word vectors."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import keras

from badbuzz.errors import Usage
from model_registry.keras_models.recurrent import build_network, extract_tensors, load_tensors
from model_registry.networks.token_ids import RESERVED_IDS
from model_registry.text.ngrams import open_hasher
from model_registry.text.vocabulary import Vocabulary
from training.data.dataset import count_words
from training.data.distillation import digest_file, mix_teacher_scores
from training.data.encoded import encode_tweets
from training.data.vectors import make_random_embedding, make_starting_embedding, read_vectors
from training.neural.fitted_recurrent import FittedRecurrent
from training.neural.loop import FittingExamples, RunFiles, build_run_identity, count_fitted_parameters, fit

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from training.data.dataset import Dataset
    from training.fitting import FittingInputs
    from training.neural.observer import FittingObserver
    from training.specs import RecurrentSpec


def fit_recurrent(
    spec: RecurrentSpec, inputs: FittingInputs, folder: Path, observer: FittingObserver
) -> FittedRecurrent:
    """Fit a spec, or continue from the checkpoint in ``folder``.

    :raises Usage: if vectors or teachers are not given.
    :raises DataRefused: if a teacher scored other tweets.
    :raises Misconfigured: if the vectors or the checkpoint are invalid.
    """
    dataset = inputs.dataset
    vocabulary, start = prepare_embedding(spec, dataset, inputs.vectors)
    network = spec.network(vocabulary.size, start.shape[1])
    keras.utils.set_random_seed(spec.seed)
    model = build_network(network, spec.seed)
    load_tensors(model, {**extract_tensors(model), "embedding": start})
    hasher = open_hasher(network.ngram_term, vocabulary, {})
    train = encode_tweets(dataset.train, vocabulary, network.max_length, hasher)
    validation = encode_tweets(dataset.validation, vocabulary, network.max_length, hasher)
    digest = hashlib.sha256(start.tobytes()).hexdigest()
    if spec.needs_teachers:
        train = mix_teacher_scores(train, inputs.teachers, spec.teacher_share)
        digest = "+".join([digest, *map(digest_file, inputs.teachers)])
    state = fit(
        model,
        FittingExamples(train, validation),
        spec,
        RunFiles(folder, build_run_identity(spec, dataset, digest)),
        observer,
    )
    return FittedRecurrent(
        spec=spec,
        network=network,
        vocabulary=vocabulary,
        tensors=extract_tensors(model),
        dataset=dataset,
        parameters=count_fitted_parameters(model),
        curve=state.curve,
        cpu_seconds=state.cpu_seconds,
    )


def prepare_embedding(
    spec: RecurrentSpec, dataset: Dataset, vectors: Path | None
) -> tuple[Vocabulary, NDArray[np.float32]]:
    """Return the vocabulary, and the embedding that fitting starts from: float32 [vocabulary, dimensions].

    :raises Usage: if the spec needs a file of vectors and none is given.
    """
    counts = count_words(dataset.train.texts)
    if spec.vectors == "own":
        vocabulary = Vocabulary.build(counts, spec.vocabulary_size)
        return vocabulary, make_random_embedding(vocabulary.size, spec.own_dimensions, seed=spec.seed)
    if vectors is None:
        raise Usage(f"{spec.name}: starts from {spec.vectors} vectors; give their file")
    known = read_vectors(vectors, counts)
    if spec.freeze:
        counts = {word: number for word, number in counts.items() if word in known.by_word}
    vocabulary = Vocabulary.build(counts, spec.vocabulary_size)
    return vocabulary, make_starting_embedding(
        vocabulary.tokens, known, reserved=RESERVED_IDS, seed=spec.seed
    )
