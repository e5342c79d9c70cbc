from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("sklearn")

from model_registry.networks.base import OUTPUT_BIAS, OUTPUT_KERNEL
from model_registry.text.vocabulary import Vocabulary
from tests.model_registry import tiny_model
from training.data.dataset import CleanedTweets
from training.data.distillation import to_logits
from training.fitting import DeployableModel, round_to_half

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.fitting import Tensors

TENSORS = {OUTPUT_KERNEL: np.ones((1, 1), np.float32), OUTPUT_BIAS: np.zeros(1, np.float32)}
TWEETS = CleanedTweets(pa.array([str(number) for number in range(100)]), np.arange(100, dtype=np.int8) % 2)


def score(tensors: Tensors, tweets: CleanedTweets) -> NDArray[np.float32]:
    """Labels with noise, through one weight and a bias."""
    noise = np.random.default_rng(1).normal(0, 2, len(tweets))
    logits = (2 * tweets.labels - 1 + noise) * tensors[OUTPUT_KERNEL][0, 0] + tensors[OUTPUT_BIAS][0]
    scores: NDArray[np.float32] = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return scores


def test_a_calibrated_model_scores_with_the_calibration() -> None:
    model = DeployableModel(tiny_model.NETWORK, Vocabulary(()), TENSORS, score)
    calibrated = model.calibrated(TWEETS)
    found = calibrated.calibration
    assert found is not None
    assert found.slope < 0.9
    expected = found.slope * to_logits(model.score(TWEETS)) + found.intercept
    np.testing.assert_allclose(to_logits(calibrated.score(TWEETS)), expected, atol=1e-4)
    assert model.calibration is None
    assert model.tensors[OUTPUT_KERNEL][0, 0] == 1


def test_only_large_tensors_are_rounded() -> None:
    tensors = tiny_model.tensors(tiny_model.NETWORK)
    rounded = round_to_half(tiny_model.NETWORK, tensors)
    assert rounded.keys() == tensors.keys()
    halved = {name for name, tensor in rounded.items() if tensor.dtype == np.float16}
    assert halved == tiny_model.NETWORK.half_precision_tensors & tensors.keys() == {"embedding"}
