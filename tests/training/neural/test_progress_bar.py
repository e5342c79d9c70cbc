from __future__ import annotations

from typing import TYPE_CHECKING

from training.fitting import CurvePoint
from training.neural.progress_bar import ProgressBar

if TYPE_CHECKING:
    import pytest


def test_no_bar_without_steps(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar():
        pass
    assert "training" not in capsys.readouterr().out


def test_steps_evaluations_and_encoding_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    point = CurvePoint(1.0, loss=0.5, validation_loss=0.6, validation_accuracy=0.7, validation_auc=0.75)
    with ProgressBar() as observer:
        observer.on_sentences_encoded(1_000, 4_000)
        for step in range(1, 11):
            observer.on_step_finished(step, 10, 250, loss=0.5)
        observer.on_evaluation_finished(point)
    shown = capsys.readouterr().out
    assert "1,000 of 4,000 sentences encoded" in shown
    assert "epoch 1.00: loss 0.5000, validation loss 0.6000, AUC 0.75000" in shown
    assert "training" in shown
    assert "100%" in shown
