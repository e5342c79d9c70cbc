from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("sklearn")

from model_registry.evaluation import compute_calibration_error
from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.package.model_draft import pack
from model_registry.scoring.engines import open_engine
from tests.model_registry import tiny_model
from tests.model_registry.scoring.engines.recurrent_definition import batch_of
from training.calibration import Calibration, apply_calibration, fit_calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_registry.networks.recurrent import RecurrentNetwork

TERM = NgramTerm(buckets=50)
NETWORKS: dict[str, RecurrentNetwork | LinearNetwork] = {
    "deep": tiny_model.NETWORK,
    "wide and deep": tiny_model.NETWORK.model_copy(update={"ngram_term": TERM}),
    "linear": LinearNetwork(
        vocabulary_size=tiny_model.NETWORK.vocabulary_size,
        max_length=tiny_model.NETWORK.max_length,
        ngram_term=TERM,
    ),
}


def test_overconfident_scores_match_frequencies_once_calibrated() -> None:
    random = np.random.default_rng(4)
    logits = random.normal(0.3, 1.5, 40_000)
    labels = (random.random(40_000) < sigmoid(logits)).astype(np.int8)
    overconfident = sigmoid(3 * logits + 1).astype(np.float32)
    found = fit_calibration(labels, overconfident)
    assert (found.slope, found.intercept) == pytest.approx((1 / 3, -1 / 3), abs=0.02)
    calibrated = sigmoid(found.slope * (3 * logits + 1) + found.intercept)
    assert compute_calibration_error(labels, overconfident) > 0.1
    assert compute_calibration_error(labels, calibrated) < 0.01


def test_certain_scores_give_a_finite_calibration() -> None:
    found = fit_calibration(np.array([0, 1, 0, 1], np.int8), np.array([0, 1, 1, 0.5], np.float32))
    assert np.isfinite([found.slope, found.intercept]).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_calibrated_weights_give_calibrated_scores(name: str) -> None:
    network, calibration = NETWORKS[name], Calibration(slope=0.6, intercept=-0.4)
    tensors = tiny_model.tensors(network)
    batch = batch_of([1, 2, 3, 4, 5] * 9)
    before, after = (
        open_engine(pack(tiny_model.draft(network=network, tensors=weights)).open(), "numpy", 1).predict(
            batch
        )
        for weights in (tensors, apply_calibration(tensors, calibration))
    )
    wanted = sigmoid(0.6 * np.log(before / (1 - before)) - 0.4)
    np.testing.assert_allclose(after, wanted, rtol=0, atol=2e-6)
    assert np.abs(after - before).max() > 0.05


def test_half_precision_is_kept() -> None:
    weights: dict[str, NDArray[np.floating]] = {
        "wide/weights": np.ones((2, 1), np.float16),
        "output/bias": np.ones(1, np.float32),
    }
    changed = apply_calibration(weights, Calibration(slope=0.5, intercept=2.0))
    assert changed["wide/weights"].dtype == np.float16
    assert changed["output/bias"].dtype == np.float32
    assert changed["output/bias"][0] == 2.5


def sigmoid(values: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(1 / (1 + np.exp(-values)))
