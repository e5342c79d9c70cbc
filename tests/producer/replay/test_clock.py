from __future__ import annotations

import threading
from array import array
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.replay.clock import Pace, ReplayClock, Speed, all_at_once, fixed_rate


class FakeTime(threading.Event):
    """A stop event with its own time, which advances only in waits."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1_000.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        self.time += timeout
        return False


def clock_of(pace: Pace) -> tuple[ReplayClock, FakeTime]:
    fake = FakeTime()
    return ReplayClock(pace, fake, now=fake.now), fake


def test_a_rate_does_not_drift() -> None:
    clock, fake = clock_of(fixed_rate(700))
    for number in range(700 * 60):
        elapsed = clock.wait(number)
        assert fake.time - 1_000 == pytest.approx(elapsed, abs=0.0011)
    assert fake.time - 1_000 == pytest.approx(60, abs=0.01)


def test_a_delayed_replay_catches_up_and_keeps_its_dates() -> None:
    clock, fake = clock_of(fixed_rate(10))
    clock.wait(0)
    fake.time += 5  # Kafka was unavailable
    assert [clock.wait(number) for number in (1, 2, 3)] == [0.1, 0.2, 0.3]
    assert fake.waits == []


def test_as_fast_as_possible_never_waits_and_uses_the_current_time() -> None:
    clock, fake = clock_of(all_at_once)
    fake.time += 3
    assert clock.wait(17) == 3
    assert fake.waits == []


def test_dates_count_from_now() -> None:
    clock, _ = clock_of(fixed_rate(1))
    start = clock.date_at(0)
    assert abs(start - datetime.now(UTC)) < timedelta(minutes=1)
    assert clock.date_at(90) - start == timedelta(seconds=90)


def test_speed_follows_the_dates_of_the_file() -> None:
    pace = Speed(array("q", [0, 1_000, 5_000]), rows=3, factor=2)
    assert [pace(number) for number in range(3)] == [0, 0.5, 2.5]


def test_speed_continues_when_the_file_repeats() -> None:
    pace = Speed(array("q", [0, 1_000, 5_000]), rows=3, factor=1)
    assert [pace(number) for number in range(3, 6)] == [7.5, 8.5, 12.5]


def test_rows_share_dates_if_few_rows_have_one() -> None:
    pace = Speed(array("q", [0, 6_000]), rows=4, factor=1)
    assert [pace(number) for number in range(4)] == [0, 0, 6, 6]


@given(
    st.lists(st.integers(0, 10**13), min_size=1, max_size=20).map(sorted),
    st.integers(0, 40),
    st.floats(0.001, 1e6),
)
def test_due_times_never_decrease(dates: list[int], undated: int, factor: float) -> None:
    pace = Speed(array("q", dates), rows=len(dates) + undated, factor=factor)
    due = [pace(number) for number in range(3 * (len(dates) + undated))]
    assert due[0] == 0
    assert due == sorted(due)
