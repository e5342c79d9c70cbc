"""Scores beside labels, and curves made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS: Final = 15
_THRESHOLD: Final = 0.5
_ROC_POINTS: Final = 61


@dataclass(frozen=True, slots=True)
class Scored:
    """``labels`` (int8 [n], 1 for positive) and ``scores`` (float32 [n], probability of positive) of the same tweets."""

    labels: NDArray[np.int8]
    scores: NDArray[np.float32]

    @property
    def said(self) -> NDArray[np.int8]:
        """What the scores say: int8 [n], 1 for positive."""
        return (self.scores >= _THRESHOLD).astype(np.int8)

    @property
    def hits(self) -> NDArray[np.bool_]:
        """Where they are right."""
        right: NDArray[np.bool_] = self.said == self.labels
        return right

    def take(self, rows: NDArray[np.bool_]) -> Scored:
        """Keep some tweets."""
        return Scored(self.labels[rows], self.scores[rows])


def roc(scored: Scored) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False and true positive rates, at points that lie closer where the curve is steep."""
    false_rates, true_rates, _ = roc_curve(scored.labels, scored.scores)
    at = np.linspace(0, 1, _ROC_POINTS) ** 2
    return at, np.interp(at, false_rates, true_rates)


def reliability(scored: Scored) -> pd.DataFrame:
    """For each of 15 bins of equal width that holds tweets: ``n``, mean ``score``, and the share that ``are`` positive."""
    bins = np.minimum((scored.scores * BINS).astype(np.int64), BINS - 1)
    frame = pd.DataFrame({"bin": bins, "score": scored.scores.astype(np.float64), "are": scored.labels})
    return frame.groupby("bin").agg(n=("score", "size"), score=("score", "mean"), are=("are", "mean"))


def expected_calibration_error(scored: Scored) -> float:
    """How far mean score and share of positives lie apart, over the bins of :func:`reliability`, weighted by tweets."""
    bins = reliability(scored)
    return float(np.average((bins["score"] - bins["are"]).abs(), weights=bins["n"]))
