from __future__ import annotations

import pytest
from pydantic import ValidationError

from model_registry.package.metrics import Metrics
from tests.model_registry import tiny_model


def test_metrics_of_format_1_are_written_without_the_rates() -> None:
    fields = tiny_model.METRICS.model_dump(mode="json")
    assert not {"tpr", "fpr", "ece"} & fields.keys()
    assert Metrics.model_validate(fields) == tiny_model.METRICS


@pytest.mark.parametrize("wrong", [{"accuracy": 1.1}, {"auc_ci": (-0.1, 1)}, {"n": -1}, {"ece": 2}])
def test_numbers_that_are_not_shares_or_counts_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Metrics.model_validate(tiny_model.METRICS.model_dump() | wrong)
