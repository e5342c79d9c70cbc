"""Plans depend on their seed alone and can be executed; break points and streams do what plans need."""

from __future__ import annotations

import threading
from collections import defaultdict
from itertools import islice
from signal import SIGKILL
from typing import TYPE_CHECKING

from tests.chaos.plan import AWAY, SESSION_TIMEOUT_S, Ending, Fault, events, name_of
from tests.chaos.points import BreakPoint, BreakPointWatcher, Point, read_break_point
from tests.chaos.random_plan import MOST_WORKERS, make_plan
from tests.chaos.stream import BAD_EVERY, OF_A_DAY, RecordStream

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PLANS = [make_plan(7, number) for number in range(200)]


def test_a_plan_depends_on_its_seed_and_number() -> None:
    assert make_plan(7, 3) == make_plan(7, 3)
    assert len({make_plan(seed, number).steps for seed in range(5) for number in range(5)}) == 25


def test_two_hundred_plans_have_every_fault_at_every_point() -> None:
    named = {name_of(step) for plan in PLANS for step in plan.steps}
    faults = {fault for fault in Fault if fault != Fault.BREAK_POINT}
    assert named == faults | {f"{what}_{point}" for what in ("killed", "frozen") for point in Point}
    assert {plan.ending for plan in PLANS} == set(Ending)
    assert {plan.conditions for plan in PLANS} == {"atomic", "ignored", "racy"}
    for unusual in ("transactional", "any_time", "skewed", "latest", "skips_tombstones"):
        assert {getattr(plan, unusual) for plan in PLANS} == {True, False}
    assert {plan.dated for plan in PLANS} == {True, False}
    assert {plan.storage for plan in PLANS} == {"local", "s3"}


def test_workers_are_frozen_for_longer_than_their_session() -> None:
    for plan in PLANS:
        for step in plan.steps:
            frozen = name_of(step).startswith("frozen") or step.fault == Fault.FREEZE
            assert not frozen or step.hold_s > SESSION_TIMEOUT_S
        assert plan.workers + sum(step.fault == Fault.ADD for step in plan.steps) <= MOST_WORKERS


def test_a_dependency_has_one_fault_at_a_time() -> None:
    for plan in PLANS:
        away: dict[str, list[Fault]] = defaultdict(list)
        for event in events(plan):
            fault = event.step.fault
            if fault in AWAY and event.begins:
                away[AWAY[fault]].append(fault)
                assert away[AWAY[fault]] == [fault], plan
            elif fault in AWAY:
                away[AWAY[fault]].remove(fault)
        assert not any(away.values())


def test_a_break_point_acts_at_its_occurrence_and_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr("os.kill", lambda _pid, signal: sent.append(signal))
    path = tmp_path / "break-point"
    watcher = BreakPointWatcher(path)
    watcher.reach(Point.SCORED)
    for _ in range(2):
        BreakPoint(Point.SCORED, 2).set(path)
        assert read_break_point(path) == BreakPoint(Point.SCORED, 2)
        for point in (Point.SCORED, Point.ASSIGNED, Point.SCORED, Point.SCORED):
            watcher.reach(point)
        assert not path.exists()
    assert sent == [SIGKILL, SIGKILL]


def test_the_stream_knows_its_bad_records() -> None:
    stream = RecordStream("any")
    values = list(stream.take(1_000))
    assert values == list(RecordStream("any").take(1_000))
    assert len(stream.bad) == 1_000 // BAD_EVERY
    assert all(
        (value is not None and value.startswith(b'{"id": "%d"' % number)) != (number in stream.bad)
        for number, value in enumerate(values)
    )


def test_a_dated_stream_begins_the_day_before_yesterday() -> None:
    stream = RecordStream("any", dated=True)
    dates = [stream.timestamp_ms() for _ in stream.take(3 * OF_A_DAY)]
    known = [date for date in dates if date is not None]
    assert known == sorted(known)
    assert len({date // 86_400_000 for date in known}) >= 2
    assert dates[2 * OF_A_DAY :] == [None] * OF_A_DAY


def test_a_paced_stream_continues_after_the_values_taken() -> None:
    stream, over = RecordStream("any"), threading.Event()
    backlog = list(stream.take(10))
    paced = list(islice(stream.paced(over), 10))
    over.set()
    assert not list(stream.paced(over))
    assert backlog + paced == list(RecordStream("any").take(20))
