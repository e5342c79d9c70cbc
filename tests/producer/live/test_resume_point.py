from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from producer.live.resume_point import HOST_REWIND_US, REWIND_US, ResumePoint
from producer.live.stream import Position

START = 1_780_000_000_000_000
HOUR = 3_600_000_000


def resume_after(point: ResumePoint, *times: int, host: str = "a") -> int:
    point.connect(host)
    for time_us in times:
        point.add(host, time_us)
    return point.at(times[-1]).resume


def test_a_new_stream_starts_now_and_resumes_at_its_lowest_message() -> None:
    point = ResumePoint("bluesky")
    assert point.connect("a") is None
    assert point.add("a", START + 9) is None
    assert point.add("a", START + 5) is None
    assert point.at(START + 5) == Position(START + 5, START + 5, "a")
    assert point.connect("a") == START + 5 - REWIND_US


def test_the_point_follows_a_full_window() -> None:
    point = ResumePoint("bluesky", window=4)
    assert resume_after(point, *range(START, START + 10)) == START + 6


def test_an_earlier_run_holds_the_point_for_a_window() -> None:
    point = ResumePoint("bluesky", Position(START, START, "a"), window=3)
    assert resume_after(point, START + 7, START + 8) == START
    assert point.add("a", START + 9) is None
    assert point.at(START + 9).resume == START + 7


def test_a_wrong_time_does_not_move_the_point() -> None:
    for wrong in (START + 100 * HOUR, 0):
        point = ResumePoint("bluesky", window=4)
        assert resume_after(point, *range(START, START + 10), wrong) == START + 6 + (wrong > START)


def test_another_host_is_read_from_earlier_on_by_its_own_clock() -> None:
    point = ResumePoint("bluesky", Position(START, START, "a"))
    assert point.connect("b") == START - HOST_REWIND_US
    assert point.connect("a") == START - REWIND_US, "b was not reached"
    point.connect("b")
    assert point.add("b", START - HOST_REWIND_US + 1) is None
    assert point.connect("b") == START - HOST_REWIND_US - REWIND_US


def test_a_gap_is_reported_once_for_each_connection() -> None:
    point = ResumePoint("bluesky", Position(START, START, "a"))
    point.connect("a")
    gap = point.add("a", START + HOUR)
    assert gap is not None
    assert "continues 3,600 s after the cursor" in str(gap)
    assert point.add("a", START + 2 * HOUR) is None


def test_a_cursor_in_the_future_of_the_server_is_given_up() -> None:
    point = ResumePoint("bluesky", Position(START + HOUR, START + HOUR, "a"))
    point.connect("a")
    gap = point.add("a", START)
    assert gap is not None
    assert "lies in its future" in str(gap)
    assert point.at(START) == Position(START, START, "a")


@given(st.lists(st.integers(0, 10**18), min_size=1), st.integers(1, 5))
def test_the_point_never_goes_back_after_the_first_window(times: list[int], window: int) -> None:
    point = ResumePoint("bluesky", window=window)
    point.connect("a")
    points = []
    for time_us in times:
        point.add("a", time_us)
        points.append(point.at(time_us).resume)
    assert points[window:] == sorted(points[window:])
    assert all(found <= max(times[: number + 1]) for number, found in enumerate(points))
