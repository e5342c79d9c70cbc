"""From data and vectors to a fitted model: what ``badbuzz train`` does before it registers anything."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras

from badbuzz.errors import Usage
from model_registry.keras_network import build, load_tensors, tensors_of
from model_registry.network import RESERVED_IDS
from model_registry.vocabulary import Vocabulary
from training.dataset import load_dataset
from training.encoded import count_words, encode
from training.loop import CHECKPOINT_FILE, Fold, Run, fit
from training.vectors import read_vectors, starting_embedding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from model_registry.network import Network
    from training.checkpoint import CurvePoint
    from training.dataset import Dataset
    from training.loop import Watcher
    from training.variant import Variant


@dataclass(frozen=True, slots=True)
class Trained:
    """A fitted model, the data it saw, and how it got on."""

    variant: Variant
    network: Network
    vocabulary: Vocabulary
    tensors: Mapping[str, NDArray[np.floating]]
    dataset: Dataset
    curve: list[CurvePoint]


@dataclass(frozen=True, slots=True)
class Sources:
    """Files that a run starts from: tweets (see :func:`load_dataset`) and vectors (see :func:`read_vectors`)."""

    data: Path
    vectors: Path


def train(variant: Variant, sources: Sources, folder: Path, *, resume: bool, watcher: Watcher) -> Trained:
    """Train ``variant``, keeping checkpoints in ``folder``; ``resume`` goes on from one.

    :raises Usage: if there is a checkpoint, but it is not to be resumed: it may be hours of work.
    :raises DataRefused: if the data are not labelled tweets.
    :raises Misconfigured: if the vectors or the checkpoint are not what they should be, or the data too few.
    """
    if (folder / CHECKPOINT_FILE).exists() and not resume:
        raise Usage(
            f"{folder}: holds a run already; --resume goes on with it, another --out starts a new one"
        )
    dataset = load_dataset(sources.data, variant.rules, rows=variant.rows, seed=variant.seed)
    vocabulary = Vocabulary.build(count_words(dataset.train.texts), variant.vocabulary_size)
    known = read_vectors(sources.vectors, vocabulary.tokens)
    start = starting_embedding(vocabulary.tokens, known, reserved=RESERVED_IDS, seed=variant.seed)
    network = variant.network(vocabulary.size, known.dimensions)
    keras.utils.set_random_seed(variant.seed)
    model = build(network, variant.seed)
    load_tensors(model, {**tensors_of(model), "embedding": start})
    fold = Fold(
        encode(dataset.train, vocabulary, network.max_length),
        encode(dataset.validation, vocabulary, network.max_length),
    )
    curve = fit(model, fold, variant, Run(folder, _recipe(variant, dataset, start), resume), watcher)
    return Trained(variant, network, vocabulary, tensors_of(model), dataset, curve)


def _recipe(variant: Variant, dataset: Dataset, start: NDArray[np.float32]) -> str:
    """All that decides how a run goes."""
    vectors = hashlib.sha256(start.tobytes()).hexdigest()
    return json.dumps({"variant": variant.to_json(), "data": dataset.fingerprint, "vectors": vectors})
