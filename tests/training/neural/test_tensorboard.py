from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from training.fitting import CurvePoint

pytest.importorskip("tensorflow")

from tests.training.neural.event_files import read_scalars
from training.neural.tensorboard import TensorBoardLog

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tensorflow


def test_the_curves_of_a_resumed_run_are_in_one_folder(tmp_path: Path) -> None:
    for steps, auc in (((49, 50), 0.8), ((51, 100), 0.9)):
        with TensorBoardLog(tmp_path) as log:
            for step in steps:
                log.on_step_finished(step, 100, 250, loss=0.6)
            log.on_evaluation_finished(CurvePoint(0.5, 0.5, 0.4, 0.7, auc))
    assert len(list(tmp_path.iterdir())) == 2
    scalars = read_scalars(tmp_path)
    assert {
        ("train/loss of one batch", 50, 0.6),
        ("train/loss of one batch", 100, 0.6),
        ("validation/auc", 50, 0.8),
        ("validation/auc", 100, 0.9),
        ("train/loss", 50, 0.5),
        ("validation/loss", 50, 0.4),
        ("validation/accuracy", 50, 0.7),
    } <= scalars
    assert len(scalars) == 10
