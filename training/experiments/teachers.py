"""Makes teachers: a row is fitted once for each fold of its tweets, on the others, and scores that fold.

So no tweet is scored by a model that has learnt its label: what is left is what can be known from all the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.data.distillation import write_teacher
from training.experiments.dispatch import draw, fit_spec

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from training.experiments.experiment import Experiment
    from training.experiments.inputs import ExperimentInputs
    from training.neural.watcher import Watcher


def make_teacher(
    row: Experiment, materials: ExperimentInputs, out: Path, watcher: Watcher, *, folds: int
) -> Path:
    """Write ``<row>.teacher.safetensors`` into ``out``; an interrupted fold goes on from its last checkpoint.

    :raises Usage: if the row needs vectors that are not given.
    :raises DataRefused: if the data are not labelled tweets.
    :raises Misconfigured: if vectors, encoder or checkpoint are not what they should be, or the data too few.
    """
    materials.require(row)
    dataset = draw(row.spec, materials.data)
    scores = np.empty(len(dataset.train), np.float32)
    fold_of = folds_of(len(scores), folds, row.spec.seed)
    for fold in range(folds):
        folder = out / f"{row.name}-{fold + 1}-of-{folds}"
        folder.mkdir(parents=True, exist_ok=True)
        others = dataset.fitted_on(np.flatnonzero(fold_of != fold))
        fitted = fit_spec(row.spec, others, materials, folder, watcher)
        held = np.flatnonzero(fold_of == fold)
        scores[held] = fitted.score(dataset.train.take(held))
    path = out / f"{row.name}.teacher.safetensors"
    write_teacher(path, dataset.train, scores)
    return path


def folds_of(rows: int, folds: int, seed: int) -> NDArray[np.int64]:
    """Deal rows to folds of (nearly) one size: int64 [rows]."""
    return np.random.default_rng(seed).permutation(rows) % folds
