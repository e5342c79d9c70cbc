"""The progress bar in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from training.fitting import CurvePoint

_SMOOTHING: Final = 0.01
"""Weight of one batch in the loss that is shown, an exponential average: the losses of batches vary widely."""


class ProgressBar:
    """A bar with loss, tweets/s and time left, shown from the first step on, and a line for each evaluation."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            TaskProgressColumn(show_speed=False),
            TextColumn("loss {task.fields[loss]:.4f}"),
            TextColumn("{task.fields[rate]:,.0f} tweets/s"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self._task = self._progress.add_task("training", total=None, visible=False, loss=0.0, rate=0.0)
        self._loss: float | None = None
        self._tweets = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def on_step_finished(self, step: int, steps: int, tweets: int, loss: float) -> None:
        """Update the bar."""
        self._loss = loss if self._loss is None else self._loss + _SMOOTHING * (loss - self._loss)
        self._tweets += tweets
        seconds = self._progress.tasks[self._task].elapsed or 1.0
        self._progress.update(
            self._task,
            completed=step,
            total=steps,
            visible=True,
            loss=self._loss,
            rate=self._tweets / seconds,
        )

    def on_sentences_encoded(self, sentences: int, of: int) -> None:
        """Print how many sentences are encoded."""
        self._progress.console.print(f"{sentences:,} of {of:,} sentences encoded")

    def on_evaluation_finished(self, point: CurvePoint) -> None:
        """Print an evaluation."""
        self._progress.console.print(
            f"epoch {point.epochs:.2f}: loss {point.loss:.4f}, validation loss {point.validation_loss:.4f}, "
            f"AUC {point.validation_auc:.5f}"
        )
