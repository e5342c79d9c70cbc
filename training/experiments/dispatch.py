"""Fits any spec to tweets, by the recipe of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from training.data.dataset import load_dataset
from training.neural.recurrent import FittedRecurrent, Sources, train
from training.neural.sentence import FittedSentenceModel, train_on_sentences
from training.neural.transformer import FittedTransformer, train_transformer
from training.ngrams.hashed import FittedNgramModel, train_hashed
from training.ngrams.stacked import train_stacked
from training.specs import (
    NgramSpec,
    SentenceSpec,
    StackedSpec,
    TransformerSpec,
)

if TYPE_CHECKING:
    from pathlib import Path

    from training.data.dataset import Dataset
    from training.experiments.inputs import ExperimentInputs
    from training.neural.watcher import Watcher
    from training.specs import ModelSpec


Fitted: TypeAlias = FittedRecurrent | FittedNgramModel | FittedSentenceModel | FittedTransformer
"""A fitted model of any kind, the data it saw, and what fitting took."""


def draw(spec: ModelSpec, data: Path) -> Dataset:
    """Read the tweets that a spec sees, as it wants them cleaned.

    :raises DataRefused: if the data are not labelled tweets.
    :raises Misconfigured: if they are too few.
    """
    return load_dataset(data, spec.rules, rows=spec.rows, seed=spec.seed)


def fit_spec(
    spec: ModelSpec, dataset: Dataset, materials: ExperimentInputs, folder: Path, watcher: Watcher
) -> Fitted:
    """Fit ``spec`` to ``dataset``, with checkpoints in ``folder``, from which it goes on.

    :raises Usage: if its vectors or teachers are not given.
    :raises DataRefused: if a teacher is not of these tweets.
    :raises Misconfigured: if vectors, encoder or checkpoint are not what they should be.
    """
    if isinstance(spec, NgramSpec):
        return train_hashed(spec, dataset)
    sources = Sources(dataset, materials.vectors(spec), materials.teachers)
    if isinstance(spec, StackedSpec):
        return train_stacked(spec, sources, folder.parent, watcher)
    if isinstance(spec, SentenceSpec):
        return train_on_sentences(spec, sources, folder, folder.parent / "sentences", watcher)
    if isinstance(spec, TransformerSpec):
        return train_transformer(spec, sources, folder, watcher)
    return train(spec, sources, folder, resume=True, watcher=watcher)  # type: ignore[arg-type] # replaced by a table next
