from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.errors import DataRefused
from tests.worker.core.simulation import System
from worker.core.limit import BadRecordLimit


def test_too_many_bad_records_are_a_broken_producer() -> None:
    limit = BadRecordLimit(ratio=0.5, window=100)
    limit.add_batch(60, 30)
    with pytest.raises(
        DataRefused, match=r"51 of the last 100 records are bad.*BADBUZZ_BATCH__BAD_RATIO 0\.5"
    ):
        limit.add_batch(100, 51)


def test_few_records_prove_nothing() -> None:
    limit = BadRecordLimit(ratio=0.1, window=100)
    for _ in range(9):
        limit.add_batch(11, 11)
    with pytest.raises(DataRefused):
        limit.add_batch(1, 1)


def test_what_was_long_ago_is_forgotten() -> None:
    limit = BadRecordLimit(ratio=0.5, window=100)
    limit.add_batch(90, 90)
    limit.add_batch(1_000, 0)
    limit.add_batch(50, 50)


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 1)), max_size=60), st.integers(1, 200))
def test_it_stops_at_the_first_batch_after_which_the_last_window_is_bad(
    batches: list[tuple[int, float]], window: int
) -> None:
    limit = BadRecordLimit(ratio=0.5, window=window)
    noted: list[tuple[int, int]] = []
    for records, share in batches:
        noted.append((records, round(records * share)))
        if _too_bad(noted, window):
            with pytest.raises(DataRefused):
                limit.add_batch(*noted[-1])
            return
        limit.add_batch(*noted[-1])


def _too_bad(noted: list[tuple[int, int]], window: int) -> bool:
    """The obvious way: the fewest latest batches that fill the window."""
    for first in range(len(noted) - 1, -1, -1):
        records = sum(records for records, _ in noted[first:])
        if records >= window:
            return sum(bad for _, bad in noted[first:]) > 0.5 * records
    return False


def test_a_broken_producer_does_not_fill_the_dead_letters() -> None:
    system = System(1, bad_window=40)
    for _ in range(200):
        system.produce(0, "garbage")
    member = system.spawn()
    with pytest.raises(DataRefused):
        member.worker.run()
    assert 0 < len(system.letters.letters) < 60
