"""Observers of fitting: the progress bar, TensorBoard's log, and the run of an experiment tracker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from training.fitting import CurvePoint

BATCH_LOSS_STEPS: Final = 50
"""Steps between two logged losses of one batch. A file with every loss would have megabytes and show no more."""


def name_batch_loss(step: int, loss: float) -> dict[str, float]:
    """Return the loss of a step as a mapping from its curve's name; an empty one if the step is not logged."""
    return {"train/loss of one batch": loss} if step % BATCH_LOSS_STEPS == 0 else {}


def name_curve_values(point: CurvePoint) -> dict[str, float]:
    """Return the values of an evaluation as a mapping from curve names."""
    return {
        "train/loss": point.loss,
        "validation/loss": point.validation_loss,
        "validation/accuracy": point.validation_accuracy,
        "validation/auc": point.validation_auc,
    }


class FittingObserver(Protocol):
    """Receives the progress of fitting."""

    def on_step_finished(self, step: int, steps: int, tweets: int, loss: float) -> None:
        """Receive that ``step`` of ``steps`` is finished; it took ``tweets`` tweets."""

    def on_evaluation_finished(self, point: CurvePoint) -> None:
        """Receive an evaluation."""

    def on_sentences_encoded(self, sentences: int, of: int) -> None:
        """Receive that ``sentences`` of all sentences are encoded."""


@dataclass(frozen=True, slots=True)
class FittingObservers:
    """An observer that passes everything on to others."""

    observers: tuple[FittingObserver, ...] = ()

    def on_step_finished(self, step: int, steps: int, tweets: int, loss: float) -> None:
        """Pass on a finished step."""
        for observer in self.observers:
            observer.on_step_finished(step, steps, tweets, loss)

    def on_evaluation_finished(self, point: CurvePoint) -> None:
        """Pass on an evaluation."""
        for observer in self.observers:
            observer.on_evaluation_finished(point)

    def on_sentences_encoded(self, sentences: int, of: int) -> None:
        """Pass on the progress of encoding."""
        for observer in self.observers:
            observer.on_sentences_encoded(sentences, of)
