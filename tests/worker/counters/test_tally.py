from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.contracts.counters import ALL_BRANDS, Buckets, Misdated, Tally
from badbuzz.contracts.scored_row import SCHEMA, Totals
from worker.counters.tally import COLUMNS, compute_p_negative, square_millionths, tally_rows, tally_tables

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TYPES = pa.schema([SCHEMA.field(name) for name in COLUMNS])
Row = dict[str, Any]


def row(
    score: float | None,
    *brands: str,
    created_at: datetime | None = NOON,
    appended_at: datetime = NOON,
    kind: str | None = None,
) -> Row:
    score = None if score is None else float(np.float32(score))
    return {
        "created_at": created_at,
        "brands": list(brands),
        "score": score,
        "label": None if score is None else "NEGATIVE" if score < 0.5 else "POSITIVE",
        "appended_at": appended_at,
        "kind": kind,
    }


def table(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=TYPES)


def milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def count_plainly(rows: list[Row], buckets: Buckets) -> tuple[dict[tuple[str, int], Tally], Totals]:
    """Count with a plain loop."""
    tallies: dict[tuple[str, int], Tally] = defaultdict(Tally)
    totals = Totals()
    for one in rows:
        appended_ms = milliseconds(one["appended_at"])
        event_ms = milliseconds(one["created_at"] or one["appended_at"])
        unread = one["score"] is None and one["kind"] != "delete"
        p = 0 if one["score"] is None else round((1.0 - one["score"]) * 1_000_000)
        negative = int(one["label"] == "NEGATIVE")
        bucket = buckets.find_bucket(event_ms, appended_ms)
        totals += Totals(
            rows=1,
            negative=negative,
            late=bucket is Misdated.LATE,
            early=bucket is Misdated.EARLY,
            unread=unread,
        )
        if isinstance(bucket, int) and one["kind"] != "delete":
            for brand in (ALL_BRANDS, *one["brands"]):
                tallies[brand, bucket] += Tally(not unread, negative, p, round(p * p / 1_000_000), unread)
    return dict(tallies), totals


def test_each_tweet_counts_for_all_and_for_each_of_its_brands() -> None:
    noon = milliseconds(NOON) // 1000
    tallies, totals = tally_rows(table([row(0.25, "acme", "brio"), row(0.75, "acme"), row(1.0)]), Buckets())
    assert tallies == {
        ("all", noon): Tally(3, 1, 1_000_000, 625_000),
        ("acme", noon): Tally(2, 1, 1_000_000, 625_000),
        ("brio", noon): Tally(1, 1, 750_000, 562_500),
    }
    assert totals == Totals(rows=3, negative=1)


def test_an_unread_tweet_is_in_no_other_count() -> None:
    noon = milliseconds(NOON) // 1000
    tallies, totals = tally_rows(table([row(0.25, "acme"), row(None, "acme"), row(None)]), Buckets())
    assert tallies == {
        ("all", noon): Tally(1, 1, 750_000, 562_500, unread=2),
        ("acme", noon): Tally(1, 1, 750_000, 562_500, unread=1),
    }
    assert totals == Totals(rows=3, negative=1, unread=2)


def test_a_delete_is_a_row_and_nothing_else() -> None:
    rows = [row(0.25, "acme", kind="post"), row(None, kind="delete"), row(None, kind="retweet")]
    tallies, totals = tally_rows(table(rows), Buckets())
    assert tallies["all", milliseconds(NOON) // 1000] == Tally(1, 1, 750_000, 562_500, unread=1)
    assert totals == Totals(rows=3, negative=1, unread=1)


def test_a_tweet_without_a_date_counts_at_kafkas_timestamp() -> None:
    tallies, _ = tally_rows(
        table([row(0.9, created_at=None, appended_at=NOON + timedelta(seconds=25))]), Buckets()
    )
    assert list(tallies) == [("all", milliseconds(NOON) // 1000 + 20)]


def test_misdated_tweets_are_rows_in_no_bucket() -> None:
    rows = [
        row(0.1, "acme", created_at=NOON - timedelta(hours=3)),
        row(0.1, created_at=datetime(1, 1, 1, tzinfo=UTC)),
        row(0.1, created_at=NOON + timedelta(minutes=6)),
    ]
    assert tally_rows(table(rows), Buckets()) == ({}, Totals(rows=3, negative=3, late=2, early=1))


def test_no_rows_add_nothing() -> None:
    assert tally_rows(table([]), Buckets()) == ({}, Totals())
    assert tally_rows(TYPES.empty_table().slice(0, 0), Buckets()) == ({}, Totals())


def test_chunks_and_slices_count_like_the_rows_they_hold() -> None:
    rows = [row(i / 10, *["acme", "brio", "coda"][: i % 4]) for i in range(10)]
    whole = table(rows)
    assert tally_rows(pa.concat_tables([whole.slice(7), whole.slice(2, 5)]), Buckets()) == count_plainly(
        rows[7:] + rows[2:7], Buckets()
    )


@pytest.mark.parametrize(
    "score", [0.0, 1.0, 0.5, np.nextafter(np.float32(0.5), np.float32(0)), 1e-7, 0.999_999_94]
)
def test_probabilities_stay_within_their_bounds(score: float) -> None:
    p = compute_p_negative(np.array([score], np.float32))
    assert 0 <= square_millionths(p)[0] <= p[0] <= 1_000_000


ROWS = st.builds(
    row,
    st.none() | st.floats(0, 1, width=32),
    created_at=st.none()
    | st.integers(-8_000_000, 400_000).map(lambda ms: NOON + timedelta(milliseconds=ms))
    | st.datetimes(timezones=st.just(UTC)),
    appended_at=st.integers(0, 60_000).map(lambda ms: NOON + timedelta(milliseconds=ms)),
    kind=st.sampled_from([None, "post", "delete"]),
)
BRANDS = st.lists(st.sampled_from(["acme", "brio", "été", "a:1"]), unique=True)


@given(
    st.lists(st.tuples(ROWS, BRANDS), max_size=30),
    st.sampled_from([Buckets(), Buckets(1, 60), Buckets(3_600, 7_200)]),
)
def test_the_result_equals_that_of_a_plain_loop(drawn: list[tuple[Row, list[str]]], buckets: Buckets) -> None:
    rows = [{**one, "brands": brands} for one, brands in drawn]
    assert tally_rows(table(rows), buckets) == count_plainly(rows, buckets)


@given(
    st.lists(st.lists(st.tuples(ROWS, BRANDS), max_size=6), max_size=5),
    st.sampled_from([Buckets(), Buckets(1, 60)]),
)
def test_several_tables_are_counted_like_single_ones(
    drawn: list[list[tuple[Row, list[str]]]], buckets: Buckets
) -> None:
    tables = [[{**one, "brands": brands} for one, brands in rows] for rows in drawn]
    assert tally_tables([table(rows) for rows in tables], buckets) == [
        count_plainly(rows, buckets) for rows in tables
    ]


@given(
    st.lists(
        st.tuples(st.integers(-(2**63), 2**63 - 1), st.none() | st.integers(-(2**50), 2**50)), min_size=1
    )
)
def test_any_arrival_in_an_old_file_is_counted_without_an_error(values: list[tuple[int, int | None]]) -> None:
    """Files from before arrivals were decided hold what producers claimed."""
    rows = table([row(0.25)] * len(values))
    arrived = pa.array([arrived for arrived, _ in values], pa.int64()).cast(TYPES.field("appended_at").type)
    created = pa.array([created for _, created in values], pa.int64()).cast(TYPES.field("created_at").type)
    for name, column in (("appended_at", arrived), ("created_at", created)):
        rows = rows.set_column(TYPES.get_field_index(name), TYPES.field(name), column)
    tallies, totals = tally_rows(rows, Buckets())
    counted = sum(tally.tweets for tally in tallies.values())
    assert counted + totals.late + totals.early == totals.rows == len(values)
    assert all(0 <= bucket <= 10**10 for _, bucket in tallies), "Redis takes at most 15 digits"
