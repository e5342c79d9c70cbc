"""Platt calibration: make scores match observed frequencies, because counters add scores up.

Slope and intercept are fitted to the logits of the validation tweets. The logit is the last sum of every network, so both
are multiplied into its weights: a calibrated model costs nothing extra to score with, in any engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from model_registry.networks.base import OUTPUT_BIAS, OUTPUT_KERNEL
from model_registry.networks.ngram_term import NGRAM_WEIGHTS
from training.data.distillation import to_logits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_SCALED: Final = frozenset({OUTPUT_KERNEL, OUTPUT_BIAS, NGRAM_WEIGHTS})
"""The tensors whose products are summed to the logit."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The logit becomes ``slope`` · logit + ``intercept``."""

    slope: float
    intercept: float


def fit_calibration(labels: NDArray[np.int8], scores: NDArray[np.float32]) -> Calibration:
    """Fit a calibration to labels [n] (0 or 1) and scores [n] of tweets that the model was not fitted on."""
    regression = LogisticRegression(C=np.inf).fit(to_logits(scores)[:, None], labels)
    return Calibration(slope=float(regression.coef_[0, 0]), intercept=float(regression.intercept_[0]))


def apply_calibration(
    tensors: Mapping[str, NDArray[np.floating]], calibration: Calibration
) -> dict[str, NDArray[np.floating]]:
    """Multiply a calibration into a network's weights; each tensor keeps its precision."""
    changed = {
        name: tensors[name].astype(np.float64) * calibration.slope for name in _SCALED & tensors.keys()
    }
    changed[OUTPUT_BIAS] += calibration.intercept
    return {**tensors, **{name: tensor.astype(tensors[name].dtype) for name, tensor in changed.items()}}
