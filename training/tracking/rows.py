"""Makes rows that somebody is told of: what they are made with, how they get on, how they end."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from training.experiments.result import RESULT
from training.experiments.run import finished, make
from training.neural.watcher import Watchers
from training.tracking.port import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from training.experiments.experiment import Experiment
    from training.experiments.inputs import ExperimentInputs
    from training.experiments.result import ExperimentResult
    from training.experiments.run import RunContext
    from training.tracking.port import Tracker


def make_tracked(
    row: Experiment, materials: ExperimentInputs, workshop: RunContext, tracker: Tracker
) -> ExperimentResult:
    """Make a row (see :func:`training.experiments.run.make`) and tell of it; so is one that was finished before anybody listened.

    :raises Usage: as :func:`training.experiments.run.make`.
    :raises DataRefused: as above.
    :raises Misconfigured: as above, or if who is to be told refuses.
    :raises DependencyDown: if nobody listens when it begins.
    """
    folder = workshop.of(row)
    if not finished(row, folder):
        materials.require(row)
    settings = json.loads(row.spec.to_json()) | {"vectors": materials.named(row.spec)}
    with tracker.run(folder, row.name, settings) as run:
        told = dataclasses.replace(workshop, watcher=Watchers((workshop.watcher, run)))
        result = make(row, materials, told)
        run.conclude(outcome_of(result, folder))
    return result


def outcome_of(result: ExperimentResult, folder: Path) -> Outcome:
    """Choose what is told of a finished row."""
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
    return Outcome(result.metrics, facts, (folder / RESULT,))
