from __future__ import annotations

import pytest

pytest.importorskip("sklearn")

from model_registry.evaluation import evaluate
from training.report.formatting import (
    format_count,
    format_difference,
    format_interval,
    format_metrics,
    format_share,
)
from training.report.scores import Difference


def test_figures_have_four_digits_and_their_interval() -> None:
    assert format_share(0.90395) == "0.9040"
    assert format_share(None) == "–"
    assert format_interval(0.5, (0.25, 0.75)) == "0.5000 (0.2500 to 0.7500)"
    assert format_count(1_521_733.0) == "1,521,733"


@pytest.mark.parametrize(("p", "text"), [(0.00009, "p < 0.0001"), (0.0001, "p = 0.0001"), (1, "p = 1.0000")])
def test_a_difference_has_its_sign_and_its_p(p: float, text: str) -> None:
    difference = Difference(-0.01, (-0.02, 0.001), p)
    assert format_difference(difference) == f"−0.0100 (−0.0200 to +0.0010), {text}"


def test_metrics_that_do_not_exist_say_so() -> None:
    assert format_metrics(None) == {"AUC (95 %)": "not run", "accuracy (95 %)": "not run"}
    assert format_metrics(None, "–")["AUC (95 %)"] == "–"
    found = format_metrics(evaluate([0, 1, 0, 1], [0.2, 0.9, 0.6, 0.8]))
    assert found["accuracy (95 %)"].startswith("0.7500 (")
