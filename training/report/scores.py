"""Scores of labelled tweets: ROC curve, calibration bins, and paired tests of two models."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.metrics import roc_curve

from model_registry.evaluation import CALIBRATION_BINS, auc_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

THRESHOLD: Final = 0.5
_ROC_POINTS: Final = 61
_NORMAL: Final = NormalDist()
_Z: Final = _NORMAL.inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class LabelledScores:
    """``labels`` (int8 [n], 1 for positive) and ``scores`` (float32 [n], probability of positive) of the same tweets."""

    labels: NDArray[np.int8]
    scores: NDArray[np.float32]

    @property
    def hits(self) -> NDArray[np.bool_]:
        """Whether the score, at the threshold of .5, agrees with the label: bool [n]."""
        agrees: NDArray[np.bool_] = (self.scores >= THRESHOLD) == (self.labels == 1)
        return agrees

    def select(self, chosen: NDArray[np.bool_]) -> LabelledScores:
        """Return those of the chosen tweets."""
        return LabelledScores(self.labels[chosen], self.scores[chosen])


def compute_roc_points(model: LabelledScores) -> tuple[Numbers, Numbers]:
    """Return false and true positive rates at 61 points, which lie closer where the curve is steep."""
    false_rates, true_rates, _ = roc_curve(model.labels, model.scores)
    at = np.linspace(0, 1, _ROC_POINTS) ** 2
    return at, np.interp(at, false_rates, true_rates)


def compute_calibration_bins(model: LabelledScores) -> pd.DataFrame:
    """Return a row for each of 15 equally wide bins that holds tweets.

    Columns: number of tweets ``n``, mean ``score``, share of ``positive`` tweets.
    """
    bins = np.minimum((model.scores * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    frame = pd.DataFrame({"bin": bins, "score": model.scores.astype(np.float64), "label": model.labels})
    return frame.groupby("bin").agg(n=("score", "size"), score=("score", "mean"), positive=("label", "mean"))


@dataclass(frozen=True, slots=True)
class Difference:
    """The first model's figure minus the second's, its 95 % interval, and the two-sided p of no difference."""

    value: float
    ci: tuple[float, float]
    p: float


def compute_accuracy_difference(one: LabelledScores, other: LabelledScores) -> Difference:
    """Compare accuracies by McNemar's exact test: only tweets on which exactly one model is right count."""
    n = len(one.labels)
    won = int(np.count_nonzero(one.hits & ~other.hits))
    lost = int(np.count_nonzero(~one.hits & other.hits))
    p = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    value = (won - lost) / n
    return _with_interval(value, sqrt((won + lost) / n - value**2) / sqrt(n), p)


def compute_auc_difference(one: LabelledScores, other: LabelledScores) -> Difference:
    """Compare areas under the ROC curve by the test of DeLong, DeLong and Clarke-Pearson (1988)."""
    positive = one.labels == 1
    shares = [auc_shares(model.scores[positive], model.scores[~positive]) for model in (one, other)]
    above, below = (first - second for first, second in zip(*shares, strict=True))
    value = float(above.mean())
    error = sqrt(_variance_of_mean(above) + _variance_of_mean(below))
    p = 2 * _NORMAL.cdf(-abs(value) / error) if error else 1.0
    return _with_interval(value, error, p)


def _variance_of_mean(values: Numbers) -> float:
    return float(values.var(ddof=1)) / len(values)


def _with_interval(value: float, error: float, p: float) -> Difference:
    return Difference(value, (value - _Z * error, value + _Z * error), p)
