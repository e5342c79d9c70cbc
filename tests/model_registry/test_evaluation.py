from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, roc_auc_score

from badbuzz.errors import DataRefused
from model_registry.evaluation import compute_calibration_error, evaluate, wilson_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5000001, 0.9, 1.0])
Z = 1.959963984540054


@st.composite
def labelled_scores(draw: st.DrawFn) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Labels of both classes, and few distinct scores, so that ties are frequent."""
    rows = draw(st.lists(st.tuples(st.integers(0, 1), SCORES), max_size=60))
    rows += [(0, draw(SCORES)), (1, draw(SCORES))]
    return np.array([label for label, _ in rows], np.int8), np.array([score for _, score in rows])


@given(labelled_scores())
def test_auc_and_confusion_are_those_of_scikit_learn(
    sample: tuple[NDArray[np.int8], NDArray[np.float64]],
) -> None:
    labels, scores = sample
    metrics = evaluate(labels, scores)
    assert metrics.auc == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    counts = metrics.confusion
    expected = confusion_matrix(labels, scores >= 0.5, labels=[0, 1])
    assert [[counts.tn, counts.fp], [counts.fn, counts.tp]] == expected.tolist()
    assert metrics.n == len(labels)
    assert metrics.accuracy == np.trace(expected) / len(labels)


@given(labelled_scores())
def test_the_auc_interval_is_delong_s(
    sample: tuple[NDArray[np.int8], NDArray[np.float64]],
) -> None:
    labels, scores = sample
    metrics = evaluate(labels, scores)
    positive, negative = scores[labels == 1], scores[labels == 0]
    if min(len(positive), len(negative)) < 2:
        assert metrics.auc_ci == (0, 1)
        return
    wins = np.array([(p > n) + (p == n) / 2 for p, n in product(positive, negative)]).reshape(
        len(positive), -1
    )
    variance = wins.mean(axis=1).var(ddof=1) / len(positive) + wins.mean(axis=0).var(ddof=1) / len(negative)
    low, high = wins.mean() - Z * variance**0.5, wins.mean() + Z * variance**0.5
    assert metrics.auc_ci == pytest.approx((max(0, low), min(1, high)), abs=1e-9)


def test_the_auc_interval_covers_the_true_value_in_about_95_percent() -> None:
    random = np.random.default_rng(20)
    truth = 0.7602499389065233  # P(N(1, 1) > N(0, 1)) = Φ(1 / √2)
    labels = np.repeat([0, 1], 100)
    covered = 0
    for _ in range(400):
        low, high = evaluate(labels, random.normal(labels)).auc_ci
        covered += low <= truth <= high
    assert 0.92 <= covered / 400 <= 0.98


@pytest.mark.parametrize(
    ("hits", "n", "expected"),
    [  # R: prop.test(hits, n, correct = FALSE)$conf.int
        (0, 10, (0.0, 0.2775328)),
        (10, 10, (0.7224672, 1.0)),
        (81, 100, (0.7222, 0.8749)),
    ],
)
def test_wilson(hits: int, n: int, expected: tuple[float, float]) -> None:
    assert wilson_interval(hits, n) == pytest.approx(expected, abs=5e-5)


def test_a_score_at_the_threshold_is_positive() -> None:
    metrics = evaluate([1, 0], [0.7, 0.69], threshold=0.7)
    assert metrics.accuracy == 1
    assert evaluate([1, 0], [0.7, 0.69]).confusion.fp == 1


@pytest.mark.parametrize(
    ("labels", "scores", "reason"),
    [
        ([], [], "0 of 0 tweets are labelled positive"),
        ([1, 1], [0.1, 0.2], "2 of 2 tweets are labelled positive"),
        ([0, 4], [0.1, 0.2], r"labels \[0, 4\]"),
        ([0, 1, 1], [0.1, 0.2], "shape"),
        ([0, 1], [0.1, float("nan")], "score of tweet 1 is not a finite number"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(labels: list[int], scores: list[float], reason: str) -> None:
    with pytest.raises(DataRefused, match=reason):
        evaluate(labels, scores)


def test_rates_at_the_threshold() -> None:
    metrics = evaluate([0, 0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.9, 0.8, 0.4])
    assert (metrics.tpr, metrics.fpr) == (0.5, 0.25)


def test_the_calibration_error_is_the_mean_gap_between_score_and_share() -> None:
    assert compute_calibration_error([0, 1, 1, 1], [0.7, 0.7, 0.7, 0.7]) == pytest.approx(0.05)
    assert compute_calibration_error([0, 0, 1, 1], [0.1, 0.1, 0.9, 0.9]) == pytest.approx(0.1)
    assert compute_calibration_error([0, 1], [0.0, 1.0]) == 0
    assert compute_calibration_error([1, 0], [0.0, 1.0]) == 1
