"""Accuracy, AUC and calibration with 95 % intervals, for training and for ``badbuzz models evaluate``."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from badbuzz.errors import DataRefused
from model_registry.package.metrics import Confusion, Metrics

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Numbers = NDArray[np.float64]

CONFIDENCE: Final = 0.95
_Z: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_LEAST_FOR_VARIANCE: Final = 2
CALIBRATION_BINS: Final = 15


def evaluate(labels: ArrayLike, scores: ArrayLike, threshold: float = 0.5) -> Metrics:
    """Compare ``scores`` [n] (probability of positive) with ``labels`` [n] (0 negative, 1 positive).

    Scores from ``threshold`` on predict positive. The accuracy's interval is Wilson's. The AUC's is DeLong's (by the midranks
    of Sun and Xu, 2014), cut at 0 and 1. See :func:`compute_calibration_error` for ``ece``.

    :raises DataRefused: if lengths differ, a label is neither 0 nor 1, a score is not finite, or a class is missing.
    """
    truth, score = np.asarray(labels), np.asarray(scores, np.float64)
    _check(truth, score)
    positive = truth == 1
    tn, fp, fn, tp = np.bincount(2 * positive + (score >= threshold), minlength=4).tolist()
    hits = tn + tp
    auc, auc_ci = _auc(score[positive], score[~positive])
    return Metrics(
        n=len(truth),
        accuracy=hits / len(truth),
        accuracy_ci=wilson_interval(hits, len(truth)),
        auc=auc,
        auc_ci=auc_ci,
        confusion=Confusion(tn=tn, fp=fp, fn=fn, tp=tp),
        tpr=tp / (tp + fn),
        fpr=fp / (fp + tn),
        ece=compute_calibration_error(truth, score),
    )


def compute_calibration_error(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the expected calibration error.

    Tweets are sorted into 15 bins of equal width by score. The error is the mean over all tweets of the distance between
    their bin's mean score and its share of positive tweets (Guo et al., On Calibration of Modern Neural Networks, 2017).
    """
    truth, score = np.asarray(labels, np.float64), np.asarray(scores, np.float64)
    bins = np.clip((score * CALIBRATION_BINS).astype(int), 0, CALIBRATION_BINS - 1)
    return float(np.abs(np.bincount(bins, score - truth, CALIBRATION_BINS)).sum() / len(truth))


def has_both_classes(labels: NDArray[Any]) -> bool:
    """Return whether ``labels`` has both 0 and 1."""
    return bool(0 < np.count_nonzero(labels) < len(labels))


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """Return Wilson's score interval for a share of ``hits`` in ``n`` > 0."""
    share = hits / n
    centre = share + _Z**2 / (2 * n)
    spread = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    scale = 1 + _Z**2 / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def _check(truth: NDArray[Any], score: Numbers) -> None:
    if truth.shape != score.shape or truth.ndim != 1:
        raise DataRefused(
            f"labels of shape {truth.shape} and scores of shape {score.shape}: expected one label and one score per tweet"
        )
    if not np.isin(truth, (0, 1)).all():
        raise DataRefused(
            f"labels {np.unique(truth)[:5].tolist()}: expected 0 (negative) and 1 (positive) only"
        )
    if not np.isfinite(score).all():
        raise DataRefused(f"the score of tweet {int(np.argmin(np.isfinite(score)))} is not a finite number")
    if not has_both_classes(truth):
        raise DataRefused(
            f"{np.count_nonzero(truth)} of {len(truth)} tweets are labelled positive: an AUC needs tweets of both classes"
        )


def _auc(positive: Numbers, negative: Numbers) -> tuple[float, tuple[float, float]]:
    above_negatives, below_positives = auc_shares(positive, negative)
    m, n = len(positive), len(negative)
    auc = float(above_negatives.mean())
    if min(m, n) < _LEAST_FOR_VARIANCE:
        return auc, (0.0, 1.0)  # the variance of a class with one tweet is unknown
    error = sqrt(above_negatives.var(ddof=1) / m + below_positives.var(ddof=1) / n)
    return auc, (max(0.0, auc - _Z * error), min(1.0, auc + _Z * error))


def auc_shares(positive: Numbers, negative: Numbers) -> tuple[Numbers, Numbers]:
    """Return the share of negative scores below each positive one, and of positive scores above each negative one.

    Ties count half. The mean of either is the AUC.
    """
    m, n = len(positive), len(negative)
    together = _midranks(np.concatenate([positive, negative]))
    return (together[:m] - _midranks(positive)) / n, 1 - (together[m:] - _midranks(negative)) / m


def _midranks(values: Numbers) -> Numbers:
    """Return ranks, from 1 on; equal values have the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]
