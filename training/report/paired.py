"""Whether two models differ, by what both say of the same tweets."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import binomtest, rankdata

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.report.scored import Scored

    Numbers = NDArray[np.float64]

_NORMAL: Final = NormalDist()
_Z: Final = _NORMAL.inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Difference:
    """The first model's figure less the second's, its 95 % interval, and the two-sided p of there being none."""

    value: float
    ci: tuple[float, float]
    p: float


def accuracy_difference(one: Scored, other: Scored) -> Difference:
    """Compare accuracies by McNemar's test, in its exact form: only tweets on which just one model is right count."""
    n = len(one.labels)
    won = int(np.count_nonzero(one.hits & ~other.hits))
    lost = int(np.count_nonzero(~one.hits & other.hits))
    p = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    value = (won - lost) / n
    return _around(value, sqrt((won + lost) / n - value**2) / sqrt(n), p)


def auc_difference(one: Scored, other: Scored) -> Difference:
    """Compare areas under the ROC curve by the test of DeLong, DeLong and Clarke-Pearson (1988)."""
    positive = one.labels == 1
    above = np.stack([_above(model.scores, positive) for model in (one, other)])
    below = np.stack([_below(model.scores, positive) for model in (one, other)])
    value = float(above[0].mean() - above[1].mean())
    spread = _variance(above[0] - above[1]) + _variance(below[0] - below[1])
    error = sqrt(spread)
    p = 2 * _NORMAL.cdf(-abs(value) / error) if error else 1.0
    return _around(value, error, p)


def _above(scores: NDArray[np.float32], positive: NDArray[np.bool_]) -> Numbers:
    """For each positive tweet, the share of negative ones that it is above; ties count half."""
    own = rankdata(scores[positive])
    share: Numbers = (rankdata(scores)[positive] - own) / np.count_nonzero(~positive)
    return share


def _below(scores: NDArray[np.float32], positive: NDArray[np.bool_]) -> Numbers:
    return _above(-scores, ~positive)


def _variance(of_each: Numbers) -> float:
    return float(of_each.var(ddof=1)) / len(of_each)


def _around(value: float, error: float, p: float) -> Difference:
    return Difference(value, (value - _Z * error, value + _Z * error), p)
