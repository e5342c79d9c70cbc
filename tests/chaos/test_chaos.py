"""Two short plans of the fault harness."""

from __future__ import annotations

from signal import SIGKILL, SIGSTOP
from typing import TYPE_CHECKING

import pytest

from tests.chaos.plan import SESSION_TIMEOUT_S, Ending, Fault, FaultStep, Plan
from tests.chaos.points import BreakPoint, Point
from tests.chaos.run import execute

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.servers import ChaosServers

PAST_SESSION_S = 1.5 * SESSION_TIMEOUT_S
KILLS = Plan(
    "kills",
    2,
    (
        FaultStep(Fault.BREAK_POINT, 0.5, break_point=BreakPoint(Point.STAGED, signal=SIGKILL)),
        FaultStep(Fault.BREAK_POINT, 0.5, PAST_SESSION_S, 1, BreakPoint(Point.BEFORE_COUNT, signal=SIGSTOP)),
        FaultStep(Fault.PROMOTE, 1.0),
        FaultStep(Fault.VALKEY_SET_BACK, 1.5, 1.0),
        FaultStep(Fault.DISK_FULL, 2.0, 1.0),
        FaultStep(Fault.BROKER_KILLED, 3.0),
    ),
)
OUTAGES = Plan(
    "outages",
    2,
    (
        FaultStep(Fault.FREEZE, 0.5, PAST_SESSION_S),
        FaultStep(Fault.STORAGE_CUT, 1.0, 1.0),
        FaultStep(Fault.REDIS_STALLED, 1.0, 1.0),
        FaultStep(Fault.VALKEY_EMPTIED, 2.5, 0.5),
        FaultStep(Fault.KAFKA_CUT, 2.5, 1.0),
        FaultStep(Fault.REMOVE, 4.0),
    ),
    storage="s3",
    ending=Ending.LIVING,
)


@pytest.mark.slow
@pytest.mark.parametrize("plan", [KILLS, OUTAGES], ids=lambda plan: plan.name)
def test_every_record_is_processed_exactly_once_despite_faults(
    plan: Plan, servers: ChaosServers, tmp_path: Path
) -> None:
    outcome = execute(plan, servers, tmp_path)
    assert outcome.violations == ()
    assert outcome.faults.total() == len(plan.steps)
