"""Makes rows, the study's and others: each is fitted, measured on the test once, registered, and never done twice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from safetensors.numpy import save_file

from badbuzz import __version__
from badbuzz.errors import Usage
from model_registry.evaluation import evaluate
from training.data.dataset import load_labelled
from training.experiments import machine
from training.experiments.dispatch import draw, fit_spec
from training.experiments.result import SCORES, ExperimentResult, Published
from training.export.encoder import encoder_draft
from training.export.hashed import linear_draft
from training.export.origin import git_revision
from training.export.recurrent import calibrate, draft, shrink
from training.neural.sentence import FittedSentenceModel
from training.neural.transformer import FittedTransformer
from training.ngrams.hashed import FittedNgramModel
from training.specs import WideDeepSpec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from model_registry.store.registry import Registry
    from training.data.dataset import CleanedTweets
    from training.experiments.dispatch import Fitted
    from training.experiments.experiment import Experiment
    from training.experiments.inputs import ExperimentInputs
    from training.neural.watcher import Watcher


@dataclass(frozen=True, slots=True)
class RunContext:
    """Where rows are made: a folder for each in ``folder``, and the registry that takes the models."""

    folder: Path
    registry: Registry
    watcher: Watcher

    def of(self, row: Experiment) -> Path:
        """The row's own folder."""
        return self.folder / row.name


def finished(row: Experiment, folder: Path) -> ExperimentResult | None:
    """Read the row's result from its folder; None if there is none yet.

    :raises Usage: if it is of other settings.
    :raises DataRefused: if the file is no result.
    """
    result = ExperimentResult.read(folder)
    if result and result.settings != json.loads(row.spec.to_json()):
        raise Usage(f"{folder}: holds a result of {row.name} with other settings; give another --out")
    return result


def make(row: Experiment, materials: ExperimentInputs, workshop: RunContext) -> ExperimentResult:
    """Make a row, going on where an interrupted run stopped; a finished one is only read.

    :raises Usage: if the row needs vectors that are not given, or its folder is of other settings.
    :raises DataRefused: if the data are not labelled tweets.
    :raises Misconfigured: if vectors, encoder or checkpoint are not what they should be, or the data too few.
    """
    folder = workshop.of(row)
    if result := finished(row, folder):
        return result
    materials.require(row)
    folder.mkdir(parents=True, exist_ok=True)
    also = {path.stem: load_labelled(path, row.spec.rules) for path in materials.also}
    fitted = fit_spec(row.spec, draw(row.spec, materials.data), materials, folder, workshop.watcher)
    sets = {"test": fitted.dataset.test, "validation": fitted.dataset.validation, **also}
    scores = {name: fitted.score(tweets) for name, tweets in sets.items()}
    result = ExperimentResult(
        name=row.name,
        study=published(row),
        remark=row.remark,
        settings=json.loads(row.spec.to_json()),
        vectors=materials.named(row.spec),
        rows=len(fitted.dataset.train),
        parameters=fitted.parameters,
        cpu_seconds=round(fitted.cpu_seconds, 1),
        machine=machine.describe(),
        metrics={name: evaluate(sets[name].labels, found) for name, found in scores.items()},
        curve=list(fitted.curve),
        data_fingerprint=fitted.dataset.fingerprint,
        software=f"badbuzz {__version__}",
        git_revision=git_revision(),
        version=_register(fitted, materials, workshop, also, scores),
        finished_at=datetime.now(UTC).replace(microsecond=0),
    )
    _keep_scores(folder, sets, scores)
    result.write(folder)
    return result


def published(row: Experiment) -> Published | None:
    """Give the study's figures for a row; None if it had no such row."""
    if row.auc is None or row.accuracy is None:
        return None
    return Published(auc=row.auc, accuracy=row.accuracy)


def _register(
    fitted: Fitted,
    materials: ExperimentInputs,
    workshop: RunContext,
    also: Mapping[str, CleanedTweets],
    scores: Mapping[str, NDArray[np.float32]],
) -> str:
    """Register the model as a worker scores with it."""
    if isinstance(fitted, FittedTransformer | FittedSentenceModel):
        vectors = materials.named(fitted.spec)
        return str(workshop.registry.register(encoder_draft(fitted, scores, vectors=vectors, also=also)))
    if isinstance(fitted, FittedNgramModel):
        return str(workshop.registry.register(linear_draft(fitted, also=also)))
    shipped = shrink(fitted, fitted.spec.shipped_size)
    if isinstance(fitted.spec, WideDeepSpec):
        shipped = calibrate(shipped, fitted.dataset.validation)
    finished = draft(fitted, shipped, vectors=materials.named(fitted.spec), also=also)
    return str(workshop.registry.register(finished))


def _keep_scores(
    folder: Path, sets: Mapping[str, CleanedTweets], scores: Mapping[str, NDArray[np.float32]]
) -> None:
    """Keep what each tweet got, in the order of its file: curves and paired tests need it."""
    labels = {f"{name}/labels": tweets.labels for name, tweets in sets.items()}
    save_file({f"{name}/scores": found for name, found in scores.items()} | labels, folder / SCORES)
