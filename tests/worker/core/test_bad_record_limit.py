from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.errors import DataRefused
from tests.worker.core.simulation import SimulatedSystem
from worker.core.bad_record_limit import BadRecordLimit


def test_too_many_bad_records_are_refused() -> None:
    limit = BadRecordLimit(ratio=0.5, window=100)
    limit.add_batch(60, 30)
    with pytest.raises(
        DataRefused, match=r"51 of the last 100 records are bad.*BADBUZZ_BATCH__BAD_RATIO 0\.5"
    ):
        limit.add_batch(100, 51)


def test_fewer_records_than_the_window_are_not_judged() -> None:
    limit = BadRecordLimit(ratio=0.1, window=100)
    for _ in range(9):
        limit.add_batch(11, 11)
    with pytest.raises(DataRefused):
        limit.add_batch(1, 1)


def test_records_before_the_window_do_not_count() -> None:
    limit = BadRecordLimit(ratio=0.5, window=100)
    limit.add_batch(90, 90)
    limit.add_batch(1_000, 0)
    limit.add_batch(50, 50)


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 1)), max_size=60), st.integers(1, 200))
def test_the_first_batch_is_refused_after_which_the_window_has_too_many_bad_records(
    batches: list[tuple[int, float]], window: int
) -> None:
    """A batch without bad records is never refused: its producer may have been repaired."""
    limit = BadRecordLimit(ratio=0.5, window=window)
    added: list[tuple[int, int]] = []
    for records, share in batches:
        added.append((records, round(records * share)))
        if _too_bad(added, window):
            with pytest.raises(DataRefused):
                limit.add_batch(*added[-1])
            return
        limit.add_batch(*added[-1])


def _too_bad(added: list[tuple[int, int]], window: int) -> bool:
    """Whether the fewest latest batches that fill the window have too many bad records."""
    for first in range(len(added) - 1, -1, -1):
        records = sum(records for records, _ in added[first:])
        if records >= window:
            return added[-1][1] > 0 and sum(bad for _, bad in added[first:]) > 0.5 * records
    return False


def test_what_a_run_before_did_counts_once_per_partition() -> None:
    limit = BadRecordLimit(ratio=0.5, window=100)
    limit.remember(0, 40, 50)
    limit.remember(0, 40, 50)
    limit.remember(1, 10, 0)
    limit.add_batch(10, 0)
    limit.add_batch(5, 5)
    with pytest.raises(DataRefused, match="61 of the last 121 records"):
        limit.add_batch(6, 6)


def test_a_broken_producer_does_not_fill_the_dead_letter_topic() -> None:
    """Neither in one run nor in many restarts: what was sent is published, and the next run remembers it."""
    system = SimulatedSystem(1, bad_window=40)
    for _ in range(200):
        system.produce(0, "garbage")
    for restart in range(10):
        member = system.spawn()
        with pytest.raises(DataRefused):
            member.worker.run()
        sent = [letter.record.offset for letter in system.letters.letters]
        assert len(sent) == len(set(sent)), f"restart {restart}: a letter was sent again"
        assert 0 < len(sent) < 60
        system.members.remove(member)
        system.topic.evict(member.source)


def test_after_the_producer_is_repaired_good_records_are_scored_at_the_next_start() -> None:
    system = SimulatedSystem(1, bad_window=40)
    for _ in range(36):
        system.produce(0, "garbage")
    system.settle()
    (first,) = system.members
    system.freeze(first)
    for _ in range(60):
        system.produce(0)
    system.settle()
    assert system.rows(0).num_rows == 60
