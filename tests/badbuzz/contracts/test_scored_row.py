"""Names and footers of scored files."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from badbuzz.contracts.scored_row import (
    FOOTER_KEY,
    SCHEMA_VERSION,
    Footer,
    Gap,
    OffsetRange,
    Totals,
    build_file_path,
    parse_path,
    to_utc_day,
)
from badbuzz.errors import DataRefused

TOPICS = st.from_regex(r"[A-Za-z0-9._-]{1,40}", fullmatch=True)
OFFSETS = st.integers(0, 2**63 - 1)
COUNTS = st.integers(0, 2**62)
TOTALS = st.builds(
    Totals, rows=COUNTS, negative=COUNTS, rejected=COUNTS, late=COUNTS, early=COUNTS, unread=COUNTS
)


def footer(**changes: object) -> Footer:
    fields: dict[str, object] = {
        "software": "1.2.3",
        "writer": "me",
        "topic": "tweets",
        "topic_id": "x",
        "partition": 3,
        "first_offset": 10,
        "end_offset": 20,
        "rejected": (OffsetRange(start=11, end=13),),
        "gaps": (Gap(start=15, end=20, reason="retention"),),
        "totals": Totals(rows=3, rejected=2),
    }
    return Footer.model_validate(fields | changes)


@given(TOPICS, st.integers(0, 2**31 - 1), OFFSETS, st.dates(), st.none() | OFFSETS)
def test_a_path_can_be_parsed_back(
    topic: str, partition: int, offset: int, day: date, end: int | None
) -> None:
    assert parse_path(build_file_path(topic, partition, offset, day, end)) == (
        topic,
        partition,
        offset,
        day,
        end,
    )


def test_a_path_is_as_documented() -> None:
    path = build_file_path("tweets", 7, 1_234, date(2026, 3, 14))
    assert path == "dt=2026-03-14/tweets-7-00000000000000001234.parquet"
    merged = build_file_path("tweets", 7, 1_234, date(2026, 3, 14), 1_250)
    assert merged == "dt=2026-03-14/tweets-7-00000000000000001234_00000000000000001250.parquet"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tweets-7-00000000000000001234.parquet",
        "dt=2026-03-14/tweets-7-1234.parquet",
        "dt=2026-03-14/tweets-7-00000000000000001234_1250.parquet",
        "dt=2026-03-14/tweets-7-00000000000000001234_.parquet",
        "dt=2026-03-14/tweets-07-00000000000000001234.parquet",
        "dt=2026-03-14/tweets-7-00000000000000001234.parquet#1",
        "dt=2026-03-14/-7-00000000000000001234.parquet",
        "dt=2026-02-30/tweets-7-00000000000000001234.parquet",
        "dt=2026-03-14/x/tweets-7-00000000000000001234.parquet",
        "old/dt=2026-03-14/tweets-7-00000000000000001234.parquet",
        "dt=2026-03-14/tweets-7-٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠١٢٣٤.parquet",
    ],
)
def test_other_paths_are_not_parsed(path: str) -> None:
    assert parse_path(path) is None


@pytest.mark.parametrize(
    ("timestamp_ms", "day"),
    [
        (-1, date(1970, 1, 1)),
        (0, date(1970, 1, 1)),
        (86_399_999, date(1970, 1, 1)),
        (86_400_000, date(1970, 1, 2)),
        (2**62, date(9999, 12, 31)),
    ],
)
def test_every_timestamp_has_a_day(timestamp_ms: int, day: date) -> None:
    assert to_utc_day(timestamp_ms) == day


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds it
def test_a_day_is_in_utc(moment: datetime) -> None:
    assert to_utc_day(int(moment.timestamp() * 1000)) == moment.date()


@given(TOTALS, TOTALS)
def test_totals_add_up(one: Totals, other: Totals) -> None:
    total = one + other
    assert all(getattr(total, f) == getattr(one, f) + getattr(other, f) for f in Totals.model_fields)


@given(TOTALS)
def test_a_footer_survives_a_round_trip(totals: Totals) -> None:
    written = footer(totals=totals)
    assert Footer.from_metadata(written.to_metadata(), file="f") == written


@pytest.mark.parametrize("metadata", [None, {}, {b"pandas": b"{}"}])
def test_a_foreign_file_is_refused(metadata: dict[bytes, bytes] | None) -> None:
    with pytest.raises(DataRefused, match=r"^f: no Bad Buzz footer"):
        Footer.from_metadata(metadata, file="f")


def test_a_footer_of_a_newer_version_is_refused() -> None:
    later = f'{{"schema_version": {SCHEMA_VERSION + 1}, "chain": []}}'.encode()
    with pytest.raises(
        DataRefused, match=rf"^f: schema version {SCHEMA_VERSION + 1}, this software reads up to"
    ):
        Footer.from_metadata({FOOTER_KEY: later}, file="f")


@pytest.mark.parametrize("value", [b"", b"[]", b'{"software": "1"}', b'{"schema_version": "new"}'])
def test_an_unreadable_footer_is_refused(value: bytes) -> None:
    with pytest.raises(DataRefused, match=r"^f: its footer is unreadable"):
        Footer.from_metadata({FOOTER_KEY: value}, file="f")


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5), (-1, 3)])
def test_an_empty_range_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValidationError, match="must hold an offset"):
        OffsetRange(start=start, end=end)
