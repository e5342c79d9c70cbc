from __future__ import annotations

import pytest
from pydantic import ValidationError

from training.experiments.experiment import Experiment, StudyFigures
from training.specs import NgramSpec

SPEC = NgramSpec(name="tiny")


def test_an_experiment_is_named_by_its_model() -> None:
    assert Experiment(SPEC).name == "tiny"


def test_published_figures_are_both_or_none() -> None:
    assert Experiment(SPEC).study_figures is None
    with pytest.raises(ValidationError, match="accuracy"):
        StudyFigures.model_validate({"auc": 0.8})
