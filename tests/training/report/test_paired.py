"""Paired tests against what is known of them by other ways."""

from __future__ import annotations

from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")
pytest.importorskip("sklearn")

from model_registry.evaluation import evaluate
from training.report.paired import accuracy_difference, auc_difference
from training.report.scored import Scored

LABELS = np.tile(np.array([0, 1], np.int8), 100)


def scored(seed: int, skill: float, labels: np.ndarray = LABELS) -> Scored:
    noise = np.random.default_rng(seed).normal(size=len(labels))
    return Scored(labels, (1 / (1 + np.exp(-noise - skill * (2.0 * labels - 1)))).astype(np.float32))


def test_a_model_does_not_differ_from_itself() -> None:
    one = scored(1, 0.5)
    for found in (accuracy_difference(one, one), auc_difference(one, one)):
        assert (found.value, found.ci, found.p) == (0, (0, 0), 1)


@given(st.integers(0, 50), st.floats(0, 2), st.floats(0, 2))
@settings(max_examples=30, deadline=None)
def test_the_difference_is_that_of_the_figures_and_turns_round(seed: int, skill: float, other: float) -> None:
    one, two = scored(seed, skill), scored(seed + 100, other)
    ours, theirs = (evaluate(model.labels, model.scores) for model in (one, two))
    for compare, value in (
        (accuracy_difference, ours.accuracy - theirs.accuracy),
        (auc_difference, ours.auc - theirs.auc),
    ):
        found, back = compare(one, two), compare(two, one)
        assert found.value == pytest.approx(value, abs=1e-9)
        assert back.value == pytest.approx(-found.value)
        assert back.p == pytest.approx(found.p)
        assert found.ci[0] <= found.value <= found.ci[1]


def test_against_a_model_that_knows_nothing_the_auc_s_interval_is_its_own() -> None:
    one = scored(3, 1.0)
    blind = Scored(one.labels, np.full(len(one.labels), 0.5, np.float32))
    alone = evaluate(one.labels, one.scores)
    assert auc_difference(one, blind).ci == pytest.approx(tuple(bound - 0.5 for bound in alone.auc_ci))


def test_mcnemar_is_the_binomial_test_of_the_tweets_that_only_one_gets_right() -> None:
    labels = np.ones(20, np.int8)
    right, wrong = 0.9, 0.1
    ours = Scored(labels, np.array([right] * 18 + [wrong] * 2, np.float32))
    theirs = Scored(labels, np.array([right] * 10 + [wrong] * 8 + [right] * 2, np.float32))
    found = accuracy_difference(ours, theirs)
    won, lost = 8, 2
    tail = sum(comb(won + lost, k) for k in range(lost + 1)) / 2 ** (won + lost)
    assert found.p == pytest.approx(2 * tail)
    assert found.value == pytest.approx(0.3)
    error = sqrt((won + lost) / 20 - 0.3**2) / sqrt(20)
    assert found.ci == pytest.approx((0.3 - 1.959964 * error, 0.3 + 1.959964 * error), abs=1e-6)


def test_the_auc_s_interval_is_the_bootstrap_s() -> None:
    one, two = scored(5, 0.9), scored(6, 0.6)
    random = np.random.default_rng(7)
    draws = []
    for _ in range(400):
        rows = random.integers(0, len(LABELS), len(LABELS))
        ours, theirs = (evaluate(model.labels[rows], model.scores[rows]).auc for model in (one, two))
        draws.append(ours - theirs)
    found = auc_difference(one, two)
    assert (found.ci[1] - found.ci[0]) / (2 * 1.96) == pytest.approx(np.std(draws), rel=0.15)
