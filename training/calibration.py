"""Platt's calibration: scores that come true as often as they say, because counters sum them.

Slope and intercept are fitted to the validation's logits. The logit is the last sum of every network, so both are multiplied
into its weights: a calibrated model scores at no cost, in any engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from model_registry.networks.base import OUTPUT_BIAS, OUTPUT_KERNEL
from model_registry.networks.ngram_term import NGRAM_WEIGHTS
from training.data.distillation import logits_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_SCALED: Final = frozenset({OUTPUT_KERNEL, OUTPUT_BIAS, NGRAM_WEIGHTS})
"""What is summed up to the logit."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The logit becomes ``slope`` · logit + ``intercept``."""

    slope: float
    intercept: float


def fit_calibration(labels: NDArray[np.int8], scores: NDArray[np.float32]) -> Calibration:
    """Fit to tweets that the model has not learnt from: ``labels`` [n] (0 or 1), ``scores`` [n], the probability of positive."""
    regression = LogisticRegression(C=np.inf).fit(logits_of(scores)[:, None], labels)
    return Calibration(slope=float(regression.coef_[0, 0]), intercept=float(regression.intercept_[0]))


def calibrated(
    tensors: Mapping[str, NDArray[np.floating]], calibration: Calibration
) -> dict[str, NDArray[np.floating]]:
    """Multiply a calibration into a network's weights; each keeps its precision."""
    changed = {
        name: tensors[name].astype(np.float64) * calibration.slope for name in _SCALED & tensors.keys()
    }
    changed[OUTPUT_BIAS] += calibration.intercept
    return {**tensors, **{name: tensor.astype(tensors[name].dtype) for name, tensor in changed.items()}}
