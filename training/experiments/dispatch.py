"""Fits any variant to tweets, by the recipe of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from training.data.dataset import load_dataset
from training.neural.recurrent import Sources, Trained, train
from training.neural.sentence import TrainedOnSentences, train_on_sentences
from training.neural.transformer import TrainedTransformer, train_transformer
from training.ngrams.hashed import TrainedHashed, train_hashed
from training.ngrams.stacked import train_stacked
from training.specs import (
    HashedVariant,
    SentenceVariant,
    StackedVariant,
    TransformerVariant,
)

if TYPE_CHECKING:
    from pathlib import Path

    from training.data.dataset import Dataset
    from training.experiments.inputs import Materials
    from training.experiments.study_2021 import AnyVariant
    from training.neural.watcher import Watcher


Fitted: TypeAlias = Trained | TrainedHashed | TrainedOnSentences | TrainedTransformer
"""A fitted model of any kind, the data it saw, and what fitting took."""


def draw(variant: AnyVariant, data: Path) -> Dataset:
    """Read the tweets that a variant sees, as it wants them cleaned.

    :raises DataRefused: if the data are not labelled tweets.
    :raises Misconfigured: if they are too few.
    """
    return load_dataset(data, variant.rules, rows=variant.rows, seed=variant.seed)


def fit_variant(
    variant: AnyVariant, dataset: Dataset, materials: Materials, folder: Path, watcher: Watcher
) -> Fitted:
    """Fit ``variant`` to ``dataset``, with checkpoints in ``folder``, from which it goes on.

    :raises Usage: if its vectors or teachers are not given.
    :raises DataRefused: if a teacher is not of these tweets.
    :raises Misconfigured: if vectors, encoder or checkpoint are not what they should be.
    """
    if isinstance(variant, HashedVariant):
        return train_hashed(variant, dataset)
    sources = Sources(dataset, materials.vectors(variant), materials.teachers)
    if isinstance(variant, StackedVariant):
        return train_stacked(variant, sources, folder.parent, watcher)
    if isinstance(variant, SentenceVariant):
        return train_on_sentences(variant, sources, folder, folder.parent / "sentences", watcher)
    if isinstance(variant, TransformerVariant):
        return train_transformer(variant, sources, folder, watcher)
    return train(variant, sources, folder, resume=True, watcher=watcher)
