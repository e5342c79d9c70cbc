"""Run an experiment and log it to a tracker: its settings, its progress and its result."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from training.experiments.result import RESULT
from training.experiments.run import read_finished, run_experiment
from training.neural.observer import FittingObservers
from training.tracking.port import RunOutcome

if TYPE_CHECKING:
    from training.experiments.experiment import Experiment
    from training.experiments.inputs import ExperimentInputs
    from training.experiments.result import ExperimentResult
    from training.experiments.run import RunContext
    from training.tracking.port import ExperimentTracker


def run_tracked_experiment(
    experiment: Experiment, inputs: ExperimentInputs, context: RunContext, tracker: ExperimentTracker
) -> ExperimentResult:
    """Run an experiment and log it. One that was finished without a tracker is logged now.

    :raises Usage: as :func:`training.experiments.run.run_experiment`.
    :raises DataRefused: as above.
    :raises Misconfigured: as above, or if the tracking server refuses the run.
    :raises DependencyDown: if the tracking server does not answer when the run begins.
    """
    folder, spec = context.get_folder(experiment), experiment.spec
    if not read_finished(experiment, folder):
        inputs.check(experiment)
    settings = json.loads(spec.to_json()) | {"vectors": spec.features(inputs.vectors_name(spec))}
    with tracker.start_run(folder, experiment.name, settings) as run:
        watched = dataclasses.replace(context, observer=FittingObservers((context.observer, run)))
        result = run_experiment(experiment, inputs, watched)
        facts: dict[str, str | float | None] = {
            "parameters": result.parameters,
            "train rows": result.rows,
            "cpu seconds": result.cpu_seconds,
            "machine": result.machine,
            "data fingerprint": result.data_fingerprint,
            "software": result.software,
            "git revision": result.git_revision,
            "version": result.version,
        }
        run.log_outcome(RunOutcome(result.metrics, facts, (folder / RESULT,)))
    return result
