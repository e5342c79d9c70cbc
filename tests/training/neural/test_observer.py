from __future__ import annotations

from tests.training.neural.recording import Recorder
from training.fitting import CurvePoint
from training.neural.observer import FittingObservers, name_batch_loss, name_curve_values

POINT = CurvePoint(0.5, loss=0.4, validation_loss=0.3, validation_accuracy=0.8, validation_auc=0.9)


def test_each_observer_receives_everything() -> None:
    recorders = (Recorder(), Recorder())
    observers = FittingObservers(recorders)
    observers.on_step_finished(1, 2, 250, 0.7)
    observers.on_evaluation_finished(POINT)
    observers.on_sentences_encoded(10, 20)
    for recorder in recorders:
        assert (recorder.losses, recorder.tweets) == ([0.7], [250])
        assert (recorder.curve, recorder.encoded) == ([POINT], [(10, 20)])


def test_the_values_of_an_evaluation_are_named() -> None:
    assert name_curve_values(POINT) == {
        "train/loss": 0.4,
        "validation/loss": 0.3,
        "validation/accuracy": 0.8,
        "validation/auc": 0.9,
    }


def test_every_fiftieth_loss_of_a_batch_is_logged() -> None:
    assert [step for step in range(1, 151) if name_batch_loss(step, 0.5)] == [50, 100, 150]
    assert name_batch_loss(50, 0.5) == {"train/loss of one batch": 0.5}
