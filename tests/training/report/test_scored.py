from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")

from training.report.scored import Scored, expected_calibration_error, reliability, roc


def test_calibration_error_is_the_distance_weighted_by_tweets() -> None:
    labels = np.array([1, 1, 0, 0, 0, 0, 0, 1], np.int8)
    scores = np.array([0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1], np.float32)
    found = Scored(labels, scores)
    assert reliability(found)["are"].tolist() == [0.25, 0.5]
    assert expected_calibration_error(found) == pytest.approx((0.15 * 4 + 0 * 4) / 8)


def test_scores_that_say_what_is_have_no_calibration_error() -> None:
    random = np.random.default_rng(1)
    scores = random.uniform(size=200_000).astype(np.float32)
    labels = (random.uniform(size=len(scores)) < scores).astype(np.int8)
    assert expected_calibration_error(Scored(labels, scores)) < 0.005
    assert expected_calibration_error(Scored(1 - labels, scores)) > 0.4


def test_a_score_of_one_is_in_the_last_bin() -> None:
    found = reliability(Scored(np.array([1, 1], np.int8), np.array([1.0, 0.99], np.float32)))
    assert found["n"].tolist() == [2]


def test_a_roc_curve_runs_from_corner_to_corner() -> None:
    labels = np.array([0, 1] * 50, np.int8)
    scores = (labels * 0.3 + np.random.default_rng(2).uniform(size=100) * 0.7).astype(np.float32)
    false_rates, true_rates = roc(Scored(labels, scores))
    assert (false_rates[0], false_rates[-1], true_rates[-1]) == (0, 1, 1)
    assert (np.diff(true_rates) >= 0).all()
    assert np.trapezoid(true_rates, false_rates) > 0.6
