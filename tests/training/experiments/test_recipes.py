from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")

from training.experiments.beyond import BEYOND
from training.experiments.recipes import RECIPES, fit_model
from training.experiments.study_2021 import STUDY
from training.fitting import FittingInputs
from training.neural.observer import FittingObservers
from training.specs import NgramSpec

if TYPE_CHECKING:
    from pathlib import Path

    from training.data.dataset import Dataset

pytestmark = pytest.mark.tensorflow


def test_every_experiment_has_a_recipe_and_every_kind_a_name_of_its_own() -> None:
    assert {type(experiment.spec) for experiment in (*STUDY, *BEYOND)} == RECIPES.keys()
    assert len({spec_class.kind for spec_class in RECIPES}) == len(RECIPES)


def test_a_spec_is_fitted_by_the_recipe_of_its_kind(dataset: Dataset, tmp_path: Path) -> None:
    spec = NgramSpec(name="tiny", buckets=1 << 12)
    fitted = fit_model(spec, FittingInputs(dataset), tmp_path, FittingObservers())
    assert fitted.spec is spec
    assert fitted.dataset is dataset
    assert list(fitted.curve) == []
