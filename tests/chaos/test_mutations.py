"""The proof that the harness can fail: each safeguard broken on purpose, and caught."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.plan import Fault, Plan, Step
from tests.chaos.run import execute

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.servers import Servers


@pytest.mark.slow
def test_counters_that_ignore_refusals_are_caught(servers: Servers, tmp_path: Path) -> None:
    plan = Plan("careless", 1, (Step(Fault.VALKEY_EMPTIED, 1.0), Step(Fault.PROMOTE, 3.0)))
    outcome = execute(plan, servers, tmp_path, worker_module="tests.chaos.careless")
    assert any("totals: Redis has" in violation for violation in outcome.violations), outcome
