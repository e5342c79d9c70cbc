"""Proof that the harness can fail: each safeguard is broken on purpose, and a violation is found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.chaos.mutants.table import MUTANTS
from tests.chaos.run import execute

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.servers import ChaosServers


MUTATIONS = [
    pytest.param(name, marks=() if mutant.quick else pytest.mark.mutation) for name, mutant in MUTANTS.items()
]


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_safeguard_causes_a_violation(name: str, servers: ChaosServers, tmp_path: Path) -> None:
    mutant = MUTANTS[name]
    outcome = execute(mutant.plan, servers, tmp_path)
    assert any(re.search(mutant.seen, violation) for violation in outcome.violations), outcome
