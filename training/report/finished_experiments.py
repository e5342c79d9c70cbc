"""Results and scores of finished experiments, read from the folders that training wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from safetensors import SafetensorError
from safetensors.numpy import load_file

from badbuzz.errors import DataRefused
from training.experiments.result import SCORES, ExperimentResult
from training.experiments.study_2021 import STUDY
from training.report.scores import LabelledScores

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from model_registry.package.metrics import Metrics

TEST: Final = "test"
_ORDER: Final = {one.name: place for place, one in enumerate(STUDY)}


@dataclass(frozen=True, slots=True)
class FinishedExperiment:
    """An experiment's result, and its scores by labelled set."""

    result: ExperimentResult
    scores: Mapping[str, LabelledScores]

    @property
    def test_scores(self) -> LabelledScores:
        """Its scores of the test."""
        return self.scores[TEST]

    @property
    def test_metrics(self) -> Metrics:
        """Its metrics on the test."""
        return self.result.metrics[TEST]


def read_finished_experiments(folder: Path) -> dict[str, FinishedExperiment]:
    """Read the finished experiments in ``folder`` by name, in the table's order. Unfinished ones are left out.

    :raises DataRefused: if a result or its scores are not in the format that training writes.
    """
    found = {}
    for place in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
        if result := ExperimentResult.read(place):
            found[result.name] = FinishedExperiment(result, _read_scores(place / SCORES, result))
    return dict(sorted(found.items(), key=lambda item: _ORDER.get(item[0], len(_ORDER))))


def _read_scores(path: Path, result: ExperimentResult) -> dict[str, LabelledScores]:
    try:
        tensors = load_file(path)
        scores = {
            name: LabelledScores(tensors[f"{name}/labels"], tensors[f"{name}/scores"])
            for name in result.metrics
        }
    except (OSError, SafetensorError, KeyError) as error:
        raise DataRefused(
            f"{path}: not the scores of {', '.join(result.metrics)}: {error}; run the experiment again"
        ) from None
    if TEST not in scores:
        raise DataRefused(f"{path}: {result.name} was not measured on the test; run the experiment again")
    return scores
