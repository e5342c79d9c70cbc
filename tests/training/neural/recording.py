"""An observer that records what it receives, and can interrupt a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.fitting import CurvePoint


class Recorder:
    """Records losses, evaluations and encoded sentences; raises KeyboardInterrupt after the step ``stop_after``."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.losses: list[float] = []
        self.tweets: list[int] = []
        self.curve: list[CurvePoint] = []
        self.encoded: list[tuple[int, int]] = []
        self._stop_after = stop_after

    def on_step_finished(self, step: int, steps: int, tweets: int, loss: float) -> None:
        assert 0 < step <= steps
        self.losses.append(loss)
        self.tweets.append(tweets)
        if step == self._stop_after:
            raise KeyboardInterrupt

    def on_evaluation_finished(self, point: CurvePoint) -> None:
        self.curve.append(point)

    def on_sentences_encoded(self, sentences: int, of: int) -> None:
        self.encoded.append((sentences, of))
