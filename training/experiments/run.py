"""Run an experiment: fit its model, measure it on the test, register it. A finished experiment is not run again."""

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
from training.experiments.recipes import fit_model
from training.experiments.result import SCORES, ExperimentResult
from training.export.draft import draft_model
from training.export.training_facts import describe_machine, find_git_revision

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.store.registry import Registry
    from training.experiments.experiment import Experiment
    from training.experiments.inputs import ExperimentInputs
    from training.neural.observer import FittingObserver


@dataclass(frozen=True, slots=True)
class RunContext:
    """Where experiments run: ``folder`` has a subfolder for each, and ``registry`` stores the models."""

    folder: Path
    registry: Registry
    observer: FittingObserver

    def get_folder(self, experiment: Experiment) -> Path:
        """Return the experiment's own folder."""
        return self.folder / experiment.name


def read_finished(experiment: Experiment, folder: Path) -> ExperimentResult | None:
    """Read the experiment's result from its folder; None if it is not finished.

    :raises Usage: if the result has other settings.
    :raises DataRefused: if the file is not a result.
    """
    result = ExperimentResult.read(folder)
    settings = json.loads(experiment.spec.to_json())
    # Results of older revisions name the kind by a class.
    if result and result.settings | {"kind": settings["kind"]} != settings:
        raise Usage(f"{folder}: holds a result of {experiment.name} with other settings; give another --out")
    return result


def run_experiment(experiment: Experiment, inputs: ExperimentInputs, context: RunContext) -> ExperimentResult:
    """Run an experiment, or continue an interrupted run. If it is finished, only read its result.

    :raises Usage: if the experiment needs files that are not given, or its folder has a result with other settings.
    :raises DataRefused: if the data are not labelled tweets.
    :raises Misconfigured: if vectors, encoder or checkpoint are invalid, or there are too few tweets.
    """
    folder, spec = context.get_folder(experiment), experiment.spec
    if result := read_finished(experiment, folder):
        return result
    inputs.check(experiment)
    folder.mkdir(parents=True, exist_ok=True)
    also = {path.stem: load_labelled(path, spec.rules) for path in inputs.also}
    dataset = inputs.load_dataset(spec)
    fitted = fit_model(spec, inputs.for_fitting(spec, dataset), folder, context.observer)
    sets = {"test": dataset.test, "validation": dataset.validation, **also}
    scores = {name: fitted.score(tweets) for name, tweets in sets.items()}
    metrics = {name: evaluate(sets[name].labels, found) for name, found in scores.items()}
    vectors = inputs.vectors_name(spec)
    version = context.registry.register(draft_model(fitted, sets, metrics["test"], vectors=vectors))
    result = ExperimentResult(
        name=experiment.name,
        study=experiment.study_figures,
        remark=experiment.remark,
        settings=json.loads(spec.to_json()),
        vectors=spec.features(vectors),
        rows=len(dataset.train),
        parameters=fitted.parameters,
        cpu_seconds=round(fitted.cpu_seconds, 1),
        machine=describe_machine(),
        metrics=metrics,
        curve=list(fitted.curve),
        data_fingerprint=dataset.fingerprint,
        software=f"badbuzz {__version__}",
        git_revision=find_git_revision(),
        version=str(version),
        finished_at=datetime.now(UTC).replace(microsecond=0),
    )
    # The score of each tweet, in the order of its file, for curves and paired tests.
    labels = {f"{name}/labels": tweets.labels for name, tweets in sets.items()}
    save_file({f"{name}/scores": found for name, found in scores.items()} | labels, folder / SCORES)
    result.write(folder)
    return result
