"""A short selection of the fault harness, and its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.plan import MOST_WORKERS, SESSION_TIMEOUT_S, Fault, Plan, Step, make_plan
from tests.chaos.run import execute
from tests.chaos.stream import make_stream

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.servers import Servers

SELECTION = Plan(
    "selection",
    2,
    (
        Step(Fault.KILL, 0.5),
        Step(Fault.FREEZE, 1.0, 1.5 * SESSION_TIMEOUT_S),
        Step(Fault.PROMOTE, 0.2),
        Step(Fault.VALKEY_SET_BACK, 0.5, 1.0),
        Step(Fault.BROKER_KILL, 0.5),
        Step(Fault.VALKEY_EMPTIED, 0.5),
    ),
)


@pytest.mark.slow
def test_whatever_dies_every_record_is_once_where_it_belongs(servers: Servers, tmp_path: Path) -> None:
    outcome = execute(SELECTION, servers, tmp_path)
    assert outcome.violations == ()
    assert outcome.rows == SELECTION.records


def test_a_plan_is_that_of_its_seed_and_number() -> None:
    assert make_plan(7, 3) == make_plan(7, 3)
    assert len({make_plan(seed, number).steps for seed in range(5) for number in range(5)}) == 25


def test_plans_have_every_fault_and_never_nobody_to_inflict_it_on() -> None:
    plans = [make_plan(7, number) for number in range(100)]
    assert {step.fault for plan in plans for step in plan.steps} == set(Fault)
    for plan in plans:
        members = plan.workers
        for step in plan.steps:
            members += (step.fault == Fault.ADD) - (step.fault == Fault.REMOVE)
            assert 1 <= members <= MOST_WORKERS
            assert step.fault != Fault.FREEZE or step.hold_s > SESSION_TIMEOUT_S


def test_the_bad_records_are_where_the_stream_says() -> None:
    values, bad = make_stream(1_000, "any")
    assert (values, bad) == make_stream(1_000, "any")
    assert all(
        (value is not None and value.startswith(b'{"id": "%d"' % number)) != (number in bad)
        for number, value in enumerate(values)
    )
