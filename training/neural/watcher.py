"""Those who are told how a run gets on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from training.fitting import CurvePoint


def values_of(point: CurvePoint) -> dict[str, float]:
    """Name what an evaluation found, as curves are named wherever they are shown."""
    return {
        "train/loss": point.loss,
        "validation/loss": point.validation_loss,
        "validation/accuracy": point.validation_accuracy,
        "validation/auc": point.validation_auc,
    }


class Watcher(Protocol):
    """Somebody who is told how a run gets on."""

    def stepped(self, step: int, steps: int, tweets: int, loss: float) -> None:
        """Hear that ``step`` of ``steps`` are done; the last one took ``tweets`` tweets."""

    def evaluated(self, point: CurvePoint) -> None:
        """Hear what the validation found."""

    def encoded(self, sentences: int, of: int) -> None:
        """Hear that so many sentences have their vectors."""


@dataclass(frozen=True, slots=True)
class Watchers:
    """Several who hear the same."""

    watchers: tuple[Watcher, ...]

    def stepped(self, step: int, steps: int, tweets: int, loss: float) -> None:
        """Tell each."""
        for watcher in self.watchers:
            watcher.stepped(step, steps, tweets, loss)

    def evaluated(self, point: CurvePoint) -> None:
        """Tell each."""
        for watcher in self.watchers:
            watcher.evaluated(point)

    def encoded(self, sentences: int, of: int) -> None:
        """Tell each."""
        for watcher in self.watchers:
            watcher.encoded(sentences, of)
