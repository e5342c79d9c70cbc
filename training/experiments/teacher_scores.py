"""Score training tweets by cross-fitting: a model is fitted once for each fold, on the other folds, and scores that fold.

No tweet is scored by a model that was fitted on its label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.data.distillation import write_teacher_scores
from training.experiments.recipes import fit_model

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from training.experiments.experiment import Experiment
    from training.experiments.inputs import ExperimentInputs
    from training.neural.observer import FittingObserver


def make_teacher_scores(
    experiment: Experiment, inputs: ExperimentInputs, out: Path, observer: FittingObserver, *, folds: int
) -> Path:
    """Write ``<experiment>.teacher.safetensors`` into ``out``; an interrupted fold continues from its last checkpoint.

    :raises Usage: if the experiment needs vectors or teachers that are not given.
    :raises DataRefused: if the data are not labelled tweets.
    :raises Misconfigured: if vectors, encoder or checkpoint are invalid, or there are too few tweets.
    """
    inputs.check(experiment)
    spec = experiment.spec
    dataset = inputs.load_dataset(spec)
    scores = np.empty(len(dataset.train), np.float32)
    fold_of = assign_folds(len(scores), folds, spec.seed)
    for fold in range(folds):
        folder = out / f"{experiment.name}-{fold + 1}-of-{folds}"
        folder.mkdir(parents=True, exist_ok=True)
        others = dataset.with_training_rows(np.flatnonzero(fold_of != fold))
        fitted = fit_model(spec, inputs.for_fitting(spec, others), folder, observer)
        held_out = np.flatnonzero(fold_of == fold)
        scores[held_out] = fitted.score(dataset.train.take(held_out))
    path = out / f"{experiment.name}.teacher.safetensors"
    write_teacher_scores(path, dataset.train, scores)
    return path


def assign_folds(rows: int, folds: int, seed: int) -> NDArray[np.int64]:
    """Assign rows to folds of nearly equal size: int64 [rows]."""
    return np.random.default_rng(seed).permutation(rows) % folds
