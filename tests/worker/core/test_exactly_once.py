"""Exactly-once results: for one event at every step of a worker, and for random sequences of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.worker.core.random_scenarios import RandomScenarios
from tests.worker.core.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

VARIANTS = [
    pytest.param(variant, id=f"{name}-{number}")
    for name, variants in SCENARIOS.items()
    for number, variant in enumerate(variants)
]


@pytest.mark.parametrize("variant", VARIANTS)
def test_results_are_exactly_once(variant: Callable[[], None]) -> None:
    variant()


RandomScenarios.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, suppress_health_check=list(HealthCheck)
)
TestRandomScenarios = RandomScenarios.TestCase
