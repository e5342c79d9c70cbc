"""Curves and paired tests, compared with results that are known otherwise."""

from __future__ import annotations

from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")
pytest.importorskip("sklearn")

from model_registry.evaluation import evaluate
from training.report.scores import (
    LabelledScores,
    compute_accuracy_difference,
    compute_auc_difference,
    compute_calibration_bins,
    compute_roc_points,
)

LABELS = np.tile(np.array([0, 1], np.int8), 100)


def make_scores(seed: int, skill: float, labels: np.ndarray = LABELS) -> LabelledScores:
    noise = np.random.default_rng(seed).normal(size=len(labels))
    return LabelledScores(labels, (1 / (1 + np.exp(-noise - skill * (2.0 * labels - 1)))).astype(np.float32))


def test_a_model_does_not_differ_from_itself() -> None:
    one = make_scores(1, 0.5)
    for found in (compute_accuracy_difference(one, one), compute_auc_difference(one, one)):
        assert (found.value, found.ci, found.p) == (0, (0, 0), 1)


@given(st.integers(0, 50), st.floats(0, 2), st.floats(0, 2))
@settings(max_examples=30, deadline=None)
def test_a_difference_is_that_of_the_figures_and_changes_its_sign_with_the_order(
    seed: int, skill: float, other: float
) -> None:
    one, two = make_scores(seed, skill), make_scores(seed + 100, other)
    ours, theirs = (evaluate(model.labels, model.scores) for model in (one, two))
    for compare, value in (
        (compute_accuracy_difference, ours.accuracy - theirs.accuracy),
        (compute_auc_difference, ours.auc - theirs.auc),
    ):
        found, back = compare(one, two), compare(two, one)
        assert found.value == pytest.approx(value, abs=1e-9)
        assert back.value == pytest.approx(-found.value)
        assert back.p == pytest.approx(found.p)
        assert found.ci[0] <= found.value <= found.ci[1]


def test_against_a_constant_score_the_interval_is_that_of_the_auc_itself() -> None:
    one = make_scores(3, 1.0)
    blind = LabelledScores(one.labels, np.full(len(one.labels), 0.5, np.float32))
    alone = evaluate(one.labels, one.scores)
    assert compute_auc_difference(one, blind).ci == pytest.approx(
        tuple(bound - 0.5 for bound in alone.auc_ci)
    )


def test_mcnemar_s_test_is_the_binomial_test_of_the_tweets_that_only_one_model_has_right() -> None:
    labels = np.ones(20, np.int8)
    right, wrong = 0.9, 0.1
    ours = LabelledScores(labels, np.array([right] * 18 + [wrong] * 2, np.float32))
    theirs = LabelledScores(labels, np.array([right] * 10 + [wrong] * 8 + [right] * 2, np.float32))
    found = compute_accuracy_difference(ours, theirs)
    won, lost = 8, 2
    tail = sum(comb(won + lost, k) for k in range(lost + 1)) / 2 ** (won + lost)
    assert found.p == pytest.approx(2 * tail)
    assert found.value == pytest.approx(0.3)
    error = sqrt((won + lost) / 20 - 0.3**2) / sqrt(20)
    assert found.ci == pytest.approx((0.3 - 1.959964 * error, 0.3 + 1.959964 * error), abs=1e-6)


def test_the_interval_of_the_auc_agrees_with_the_bootstrap() -> None:
    one, two = make_scores(5, 0.9), make_scores(6, 0.6)
    random = np.random.default_rng(7)
    draws = []
    for _ in range(400):
        rows = random.integers(0, len(LABELS), len(LABELS))
        ours, theirs = (evaluate(model.labels[rows], model.scores[rows]).auc for model in (one, two))
        draws.append(ours - theirs)
    found = compute_auc_difference(one, two)
    assert (found.ci[1] - found.ci[0]) / (2 * 1.96) == pytest.approx(np.std(draws), rel=0.15)


def test_a_bin_has_its_mean_score_and_its_share_of_positive_tweets() -> None:
    labels = np.array([1, 1, 0, 0, 0, 0, 0, 1], np.int8)
    values = np.array([0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1], np.float32)
    found = compute_calibration_bins(LabelledScores(labels, values))
    assert found["n"].tolist() == [4, 4]
    assert found["score"].tolist() == pytest.approx([0.1, 0.5])
    assert found["positive"].tolist() == [0.25, 0.5]


def test_a_score_of_one_is_in_the_last_bin() -> None:
    found = compute_calibration_bins(
        LabelledScores(np.array([1, 1], np.int8), np.array([1.0, 0.99], np.float32))
    )
    assert found["n"].tolist() == [2]


def test_a_roc_curve_runs_from_corner_to_corner() -> None:
    labels = np.array([0, 1] * 50, np.int8)
    values = (labels * 0.3 + np.random.default_rng(2).uniform(size=100) * 0.7).astype(np.float32)
    false_rates, true_rates = compute_roc_points(LabelledScores(labels, values))
    assert (false_rates[0], false_rates[-1], true_rates[-1]) == (0, 1, 1)
    assert (np.diff(true_rates) >= 0).all()
    assert np.trapezoid(true_rates, false_rates) > 0.6


def test_a_score_of_one_half_means_positive() -> None:
    found = LabelledScores(np.array([1, 0, 1, 0], np.int8), np.array([0.5, 0.5, 0.49, 0.49], np.float32))
    assert found.hits.tolist() == [True, False, False, True]
    assert found.select(found.hits).labels.tolist() == [1, 0]
