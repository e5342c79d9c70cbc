"""Those who are told how a run gets on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from training.fitting import CurvePoint


def name_curve_values(point: CurvePoint) -> dict[str, float]:
    """Name what an evaluation found, as curves are named wherever they are shown."""
    return {
        "train/loss": point.loss,
        "validation/loss": point.validation_loss,
        "validation/accuracy": point.validation_accuracy,
        "validation/auc": point.validation_auc,
    }


class FittingObserver(Protocol):
    """Somebody who is told how a run gets on."""

    def step_finished(self, step: int, steps: int, tweets: int, loss: float) -> None:
        """Hear that ``step`` of ``steps`` are done; the last one took ``tweets`` tweets."""

    def evaluation_finished(self, point: CurvePoint) -> None:
        """Hear what the validation found."""

    def sentences_encoded(self, sentences: int, of: int) -> None:
        """Hear that so many sentences have their vectors."""


@dataclass(frozen=True, slots=True)
class FittingObservers:
    """Several who hear the same."""

    observers: tuple[FittingObserver, ...]

    def step_finished(self, step: int, steps: int, tweets: int, loss: float) -> None:
        """Tell each."""
        for observer in self.observers:
            observer.step_finished(step, steps, tweets, loss)

    def evaluation_finished(self, point: CurvePoint) -> None:
        """Tell each."""
        for observer in self.observers:
            observer.evaluation_finished(point)

    def sentences_encoded(self, sentences: int, of: int) -> None:
        """Tell each."""
        for observer in self.observers:
            observer.sentences_encoded(sentences, of)
