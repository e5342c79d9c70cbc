"""The arrival of records: the rule for single values, and its guarantees for all 64-bit values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from badbuzz.contracts.scored_row import EARLIEST_MS, LATEST_MS
from worker.core.arrival import AHEAD_MS, ArrivalClock
from worker.source.memory import MemoryRecord
from worker.source.port import CREATE_TIME, LOG_APPEND_TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = 1_790_000_000_000
HOUR, DAY = 3_600_000, 86_400_000
LARGEST = 2**63 - 1
IMPOSSIBLE = {
    "absent": -1,
    "zero": 0,
    "seconds": NOW // 1000,
    "microseconds": NOW * 1000,
    "nanoseconds": NOW * 1_000_000,
    "largest": LARGEST,
    "smallest": -(2**63),
    "beyond 64 bits": 2**64,
    "a day before the first tweet": EARLIEST_MS - DAY,
    "six minutes ahead": NOW + 6 * 60_000,
}
any_64_bits = st.integers(-(2**63), LARGEST) | st.integers(NOW - DAY, NOW + HOUR)


def records(*timestamps: int, first: int = 0, timestamp_type: int = CREATE_TIME) -> list[MemoryRecord]:
    return [
        MemoryRecord(0, first + index, timestamp, None, b"", timestamp_type=timestamp_type)
        for index, timestamp in enumerate(timestamps)
    ]


def decide(clock: ArrivalClock, *timestamps: int, first: int = 0, now_ms: int = NOW) -> list[int]:
    arrived: list[int] = clock.decide(records(*timestamps, first=first), now_ms).arrived_ms.tolist()
    return arrived


@pytest.mark.parametrize("timestamp", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_an_impossible_timestamp_counts_as_absent(timestamp: int) -> None:
    assert decide(ArrivalClock(), timestamp) == [NOW], "nothing is known"
    assert decide(ArrivalClock(latest_ms=NOW - HOUR), timestamp) == [NOW - HOUR], "the previous arrival is"
    clock = ArrivalClock(latest_ms=NOW - HOUR)
    clock.observe_watermark(5, NOW - 2_000)
    assert decide(clock, timestamp, first=5) == [NOW - 2_000], "it came after a watermark"


def test_an_impossible_timestamp_says_nothing_about_later_records() -> None:
    assert decide(ArrivalClock(), -1, NOW - HOUR, -1) == [NOW, NOW - HOUR, NOW - HOUR]


def test_a_possible_timestamp_is_the_arrival() -> None:
    assert decide(ArrivalClock(), NOW - 5 * DAY, NOW - HOUR, NOW) == [NOW - 5 * DAY, NOW - HOUR, NOW]


def test_a_timestamp_a_little_ahead_is_now() -> None:
    assert decide(ArrivalClock(), NOW + AHEAD_MS) == [NOW]


def test_arrivals_do_not_fall() -> None:
    clock = ArrivalClock()
    assert decide(clock, NOW - 10, NOW - 5_000) == [NOW - 10, NOW - 10]
    assert decide(clock, NOW - DAY, first=2) == [NOW - 10]


def test_a_record_beyond_a_watermark_arrived_after_it_was_seen() -> None:
    clock = ArrivalClock()
    clock.observe_watermark(2, NOW - 20_000)
    clock.observe_watermark(4, NOW - 10_000)
    days_old = NOW - 3 * DAY
    expected = [days_old, days_old, NOW - 20_000, NOW - 20_000, NOW - 10_000, NOW - 10_000]
    assert decide(clock, *[days_old] * 6) == expected
    assert decide(clock, days_old, first=6) == [NOW - 10_000], "the last one stays known"


def test_a_watermark_that_did_not_move_is_known_later() -> None:
    clock = ArrivalClock()
    clock.observe_watermark(2, NOW - 20_000)
    clock.observe_watermark(2, NOW - 5_000)
    assert decide(clock, -1, first=2) == [NOW - 5_000]


def test_a_watermark_may_fall() -> None:
    clock = ArrivalClock()
    clock.observe_watermark(9, NOW - 20_000)
    clock.observe_watermark(2, NOW - 5_000)
    assert decide(clock, -1, -1, first=2) == [NOW - 5_000, NOW - 5_000]


def test_a_clock_that_was_ahead_and_is_set_back_has_no_lasting_effect() -> None:
    clock = ArrivalClock()
    clock.observe_watermark(0, NOW + 3 * HOUR)
    assert decide(clock, -1, now_ms=NOW + 3 * HOUR) == [NOW + 3 * HOUR]
    assert decide(clock, NOW - 7, first=1) == [NOW], "at once: not after now"
    clock.observe_watermark(2, NOW - 5)
    assert decide(clock, NOW - 1, first=2) == [NOW]
    assert decide(clock, NOW + 900, first=3, now_ms=NOW + 1_000) == [NOW + 900]


def test_many_watermarks_are_thinned_out() -> None:
    clock = ArrivalClock()
    for number in range(10_000):
        clock.observe_watermark(number, NOW - 20_000 + number)
    assert len(clock._watermarks) <= 256
    assert decide(clock, -1, first=9_999) == [NOW - 20_000 + 9_999], "the newest is exact"
    assert decide(clock, -1, first=10_000) == [NOW - 20_000 + 9_999]


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [(NOW, NOW), (NOW + DAY, NOW + DAY), (-1, EARLIEST_MS), (NOW * 1000, LATEST_MS), (LARGEST, LATEST_MS)],
)
def test_kafkas_own_time_is_used_within_what_readers_can_represent(timestamp: int, expected: int) -> None:
    clock = ArrivalClock(latest_ms=NOW - HOUR)
    clock.observe_watermark(0, NOW - 1)
    found = clock.decide(records(timestamp, timestamp_type=LOG_APPEND_TIME), NOW)
    assert found.arrived_ms.tolist() == [expected]
    assert found.corrected == 0


def test_the_type_is_that_of_each_record() -> None:
    mixed = [*records(NOW - 9, timestamp_type=LOG_APPEND_TIME), *records(NOW - DAY, first=1)]
    assert ArrivalClock().decide(mixed, NOW).arrived_ms.tolist() == [NOW - 9, NOW - 9]


@pytest.mark.parametrize(
    ("timestamps", "corrected"),
    [((NOW, NOW - 29_000), 0), ((NOW, NOW - 31_000), 1), ((-1, 0, NOW), 2), ((NOW + 40_000,), 1)],
)
def test_timestamps_that_are_off_are_counted(timestamps: tuple[int, ...], corrected: int) -> None:
    assert ArrivalClock().decide(records(*timestamps), NOW).corrected == corrected


def test_kafkas_clock_is_compared_with_ours_where_the_arrival_is_known() -> None:
    clock = ArrivalClock()

    def append(offset: int, timestamp: int) -> int:
        clock.decide(records(timestamp, first=offset, timestamp_type=LOG_APPEND_TIME), NOW)
        return clock.kafka_ahead_ms

    assert append(0, NOW - DAY) == 0, "it may have waited for a day"
    assert append(1, NOW + HOUR) == HOUR, "nothing arrives after now"
    clock.observe_watermark(2, NOW - 5_000)
    assert append(2, NOW - 10 * 60_000) == -10 * 60_000 + 5_000
    assert append(3, NOW - 1_000) == 0, "it agrees again"


def test_a_clock_without_a_battery_gives_a_time_that_readers_can_use() -> None:
    assert decide(ArrivalClock(), NOW, now_ms=0) == [EARLIEST_MS]


@given(
    timestamps=st.lists(st.tuples(any_64_bits, st.sampled_from([CREATE_TIME, LOG_APPEND_TIME])), min_size=1),
    watermarks=st.lists(st.tuples(st.integers(0, 30), any_64_bits)),
    latest=st.none() | st.integers(EARLIEST_MS, LATEST_MS),
    now_ms=any_64_bits,
)
@example(timestamps=[(LARGEST, CREATE_TIME)], watermarks=[], latest=None, now_ms=LARGEST)
def test_every_value_gives_a_time_that_readers_can_use(
    timestamps: Sequence[tuple[int, int]],
    watermarks: Sequence[tuple[int, int]],
    latest: int | None,
    now_ms: int,
) -> None:
    clock = ArrivalClock(latest)
    for offset, seen_ms in watermarks:
        clock.observe_watermark(offset, min(max(seen_ms, 0), now_ms))
    made = [
        MemoryRecord(0, index, timestamp, None, b"", timestamp_type=kind)
        for index, (timestamp, kind) in enumerate(timestamps)
    ]
    arrived, corrected = clock.decide(made, now_ms)
    assert arrived.dtype == np.int64
    assert ((arrived >= EARLIEST_MS) & (arrived <= LATEST_MS)).all()
    claimed = [
        moment for moment, (_, kind) in zip(arrived.tolist(), timestamps, strict=True) if kind == CREATE_TIME
    ]
    assert all(moment <= max(now_ms, EARLIEST_MS) for moment in claimed), "nothing arrives after now"
    assert 0 <= corrected <= len(claimed)
    assert clock.latest_ms is not None
    assert clock.latest_ms >= int(arrived.max())


@given(st.lists(st.tuples(any_64_bits, st.integers(1, 5)), min_size=1, max_size=30), st.data())
def test_how_records_are_batched_makes_no_difference(
    timestamps: Sequence[tuple[int, int]], data: st.DataObject
) -> None:
    stamps = [timestamp for timestamp, _ in timestamps]
    watermarks = sorted(data.draw(st.lists(st.integers(0, 30), max_size=4)))

    def new_clock() -> ArrivalClock:
        clock = ArrivalClock()
        for number, offset in enumerate(watermarks):
            clock.observe_watermark(offset, NOW - HOUR + number)
        return clock

    whole = decide(new_clock(), *stamps)
    clock, pieces = new_clock(), []
    for first, (timestamp, _) in enumerate(timestamps):
        pieces += decide(clock, timestamp, first=first)
    assert pieces == whole
