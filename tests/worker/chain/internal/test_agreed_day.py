"""The day of a file: one for all workers, whatever a producer claims and whatever their clocks say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.scored_row import EARLIEST_MS, LATEST_MS
from tests.worker.chain.segments import NOON, TOPIC, make_segment, to_milliseconds
from worker.chain.internal.agreed_day import agree_day, build_day_path
from worker.chain.port import RecordTime, Segment

TODAY, YESTERDAY = NOON.date(), NOON.date() - timedelta(days=1)
NOON_MS = to_milliseconds(NOON)
DAY_MS = 86_400_000


def segment(timestamp_ms: int, arrived_ms: int = NOON_MS, *, is_kafkas: bool = False) -> Segment:
    return replace(make_segment(0, 5), first=RecordTime(timestamp_ms, arrived_ms, is_kafkas=is_kafkas))


def stored_paths(store: object) -> set[str]:
    return {entry["path"] for chunk in store.list() for entry in chunk}  # type: ignore[attr-defined]


def test_kafkas_day_needs_no_agreement() -> None:
    store = open_scored_store("memory://").internal
    assert agree_day(store, segment(NOON_MS, is_kafkas=True), YESTERDAY) == TODAY
    assert agree_day(store, segment(NOON_MS - DAY_MS, NOON_MS - DAY_MS, is_kafkas=True), TODAY) == TODAY
    assert not stored_paths(store)


def test_a_claim_of_the_previous_day_needs_no_agreement() -> None:
    store = open_scored_store("memory://").internal
    assert agree_day(store, segment(NOON_MS, NOON_MS + DAY_MS), TODAY) == TODAY
    assert not stored_paths(store)


@pytest.mark.parametrize(
    "claimed",
    [-1, 0, NOON_MS // 1000, NOON_MS * 1000, 2**63 - 1, -(2**63), NOON_MS - 5 * DAY_MS, NOON_MS + 5 * DAY_MS],
)
def test_other_claims_do_not_decide_the_day(claimed: int) -> None:
    store = open_scored_store("memory://").internal
    assert agree_day(store, segment(claimed), YESTERDAY) == TODAY
    assert agree_day(store, segment(claimed, NOON_MS + 9 * DAY_MS), YESTERDAY) == TODAY, (
        "the first one decides"
    )
    assert agree_day(store, segment(claimed, NOON_MS - 9 * DAY_MS), YESTERDAY) == TODAY
    assert stored_paths(store) == {build_day_path(TOPIC, 0, 0)}


def test_a_first_file_gets_the_day_of_its_arrival() -> None:
    store = open_scored_store("memory://").internal
    assert agree_day(store, segment(-1), date.min) == TODAY


def test_a_day_is_not_before_the_previous_one() -> None:
    store = open_scored_store("memory://").internal
    assert agree_day(store, segment(-1, NOON_MS - 9 * DAY_MS), YESTERDAY) == YESTERDAY


def test_a_chain_in_a_day_of_seconds_moves_on() -> None:
    """An older version named days by timestamps in seconds."""
    store = open_scored_store("memory://").internal
    january_1970 = datetime.fromtimestamp(NOON_MS // 1_000_000, UTC).date()
    assert agree_day(store, segment(NOON_MS // 1000), january_1970) == TODAY


@given(
    claimed=st.integers(-(2**63), 2**63 - 1) | st.integers(NOON_MS - 2 * DAY_MS, NOON_MS + 2 * DAY_MS),
    arrivals=st.lists(st.integers(EARLIEST_MS, LATEST_MS) | st.just(NOON_MS), min_size=2, max_size=4),
    is_kafkas=st.booleans(),
    previous=st.sampled_from([date.min, YESTERDAY, TODAY]),
)
def test_rivals_agree(claimed: int, arrivals: list[int], previous: date, *, is_kafkas: bool) -> None:
    """With Kafka's timestamp they also agree about the arrival."""
    store = open_scored_store("memory://").internal
    rivals = [
        segment(claimed, arrivals[0] if is_kafkas else arrived, is_kafkas=is_kafkas) for arrived in arrivals
    ]
    days = {agree_day(store, rival, previous) for rival in rivals}
    assert len(days) == 1
    assert days.pop() >= previous
