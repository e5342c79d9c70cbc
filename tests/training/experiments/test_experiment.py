from __future__ import annotations

from training.experiments.experiment import Experiment, StudyFigures
from training.specs import NgramSpec

SPEC = NgramSpec(name="tiny")


def test_an_experiment_is_named_by_its_model() -> None:
    assert Experiment(SPEC).name == "tiny"


def test_published_figures_are_both_or_none() -> None:
    assert Experiment(SPEC, auc=0.8, accuracy=0.7).study_figures == StudyFigures(auc=0.8, accuracy=0.7)
    assert Experiment(SPEC, auc=0.8).study_figures is None
