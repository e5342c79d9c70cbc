"""The computations of the exercises, on made-up numbers: the exercises themselves take minutes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from tests.endurance import pauses
from tests.endurance.counter_watch import CounterStalls
from tests.endurance.evidence import balance, compare, count_rows
from tests.endurance.load import BAD_RATIO, ahead_of, at_rate, stream
from tests.endurance.memory import MemorySample, beyond_bound, summary

if TYPE_CHECKING:
    from tests.endurance.evidence import Counts

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def batch(**columns: list[object]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


def counts(**partitions: list[int]) -> Counts:
    return {int(name[1:]): np.array(found, np.int32) for name, found in partitions.items()}


def test_rows_are_counted_by_offset_including_those_beyond_the_end() -> None:
    batches = [batch(partition=[0, 1, 0], offset=[0, 1, 2]), batch(partition=[0, 0, 1], offset=[2, 2, 7])]
    found, rows = count_rows(batches, {0: 3, 1: 2})
    assert {partition: part.tolist() for partition, part in found.items()} == {0: [1, 0, 3], 1: [0, 1]}
    assert rows == 6


def test_a_topic_whose_bad_records_are_dead_letters_is_complete() -> None:
    assert not [*compare(counts(p0=[1, 0, 1], p1=[1]), {(0, 1)}, {(0, 1)})]


@pytest.mark.parametrize(
    ("rows", "letters", "said"),
    [
        (counts(p0=[1, 0, 2]), {(0, 1)}, "more than once in Parquet: 1 records, such as [(0, 2)]"),
        (counts(p0=[0, 0, 1]), {(0, 1)}, "sent, but not in Parquet: 1 records, such as [(0, 0)]"),
        (counts(p0=[1, 1, 1]), {(0, 1)}, "in Parquet, but not a tweet: 1 records, such as [(0, 1)]"),
        (counts(p0=[1, 0, 1]), set(), "a bad record without a dead letter: 1 records, such as [(0, 1)]"),
        (
            counts(p0=[1, 0, 1]),
            {(0, 1), (0, 2)},
            "a dead letter of a good record: 1 records, such as [(0, 2)]",
        ),
    ],
)
def test_violations_are_named(rows: Counts, letters: set[tuple[int, int]], said: str) -> None:
    assert [*compare(rows, {(0, 1)}, letters)] == [said]


def test_as_many_records_must_come_out_as_were_sent() -> None:
    assert not [*balance(10, 10, 9, 1)]
    assert [*balance(11, 10, 9, 1)] == ["11 records were sent, the topic has 10"]
    assert [*balance(10, 10, 8, 1)] == ["10 records in, 8 rows and 1 dead letters out"]


def test_pauses_are_computed_by_partition_for_a_period() -> None:
    def at(*seconds: float) -> list[object]:
        return [NOON + timedelta(seconds=second) for second in seconds]

    rows = pauses.times_by_partition(
        [
            batch(partition=[0, 0, 0], appended_at=at(0, 1, 2), scored_at=at(0.5, 1.5, 6)),
            batch(partition=[0, 1, 1], appended_at=at(20, 1, 2), scored_at=at(99, 2, 2)),
        ]
    )
    start = NOON.timestamp()
    found = pauses.summary(rows, start, start + 10)
    assert found["wait_s"] == {"median": 2.5, "max": 4.0}
    assert found["hole_s"] == {"median": 2.25, "max": 4.5}


def test_undone_counters_make_progress_only_beyond_their_highest_offset() -> None:
    counters = CounterStalls()
    for now, offset in [(0, 10), (1, 20), (2, 5), (4, 19), (5, 21), (6, 22)]:
        counters.add({3: offset}, now)
    assert counters.take() == [4]
    counters.add({3: 23}, 8)
    assert counters.take() == [2]


def test_memory_is_summarised_by_thirds_minutes_and_ages_without_loading_workers() -> None:
    samples = [
        MemorySample(1, 10, 5, 50),  # loading
        MemorySample(1, 30, 25, 200),
        MemorySample(1, 90, 85, 210),
        MemorySample(2, 170, 20, 230),
        MemorySample(1, 180, 175, 250),
    ]
    assert summary(samples) == {
        "max": 250,
        "first_third_median": 200,
        "last_third_median": 240,
        "median_by_minute": {0: 200, 1: 210, 2: 230, 3: 250},
        "median_by_age_s": {30: 215, 120: 210, 300: 250},
    }
    assert not [*beyond_bound(samples)]
    assert [*beyond_bound([MemorySample(1, 10, 5, 450.5)])] == ["a worker held 450.5 MB, more than 450"]
    assert summary([])["last_third_median"] is None


def test_the_stream_depends_on_its_seed_and_has_its_ratio_of_bad_records() -> None:
    first, again = ([*islice(stream(seed=5), 100_000)] for _ in range(2))
    assert first == again
    bad = [value for value, is_tweet in first if not is_tweet]
    assert len(bad) == pytest.approx(100_000 * BAD_RATIO, rel=0.5)
    texts = {json.loads(value)["text"] for value, is_tweet in first if is_tweet}
    assert len(texts) > 0.8 * 100_000


def test_paces_keep_a_backlog_or_a_rate() -> None:
    counted = [0]
    pace = ahead_of(lambda: counted[0], by=100)
    assert pace(99)
    assert not pace(100)
    counted[0] = 30
    assert pace(129)
    assert not pace(130)

    clock = [5.0]
    pace = at_rate(10, lambda: clock[0])
    assert pace(0)
    assert not pace(1)
    clock[0] = 6.0
    assert pace(10)
    assert not pace(11)
