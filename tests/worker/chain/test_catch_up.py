"""Reading the part of a chain that counters lack."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from badbuzz.contracts.counters import EARLY_TOLERANCE_S
from badbuzz.contracts.scored_row import SCHEMA, OffsetRange, Totals
from badbuzz.errors import DataRefused
from tests.worker.chain.segments import NOON, TOPIC, TOPIC_ID, make_segment, to_milliseconds
from worker.chain.chain_files import ChainFiles
from worker.chain.stored_chain import StoredChain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.clients.scored_store import ScoredStore
    from worker.chain.chain_file import ChainFile
    from worker.chain.port import CatchUp

HOUR = timedelta(hours=1)


@pytest.fixture
def totals(chain: StoredChain) -> list[Totals]:
    """Three files, an hour apart: offsets 0 to 9, 10 to 19 (17 and 18 rejected), 20 to 24."""
    done: list[Totals] = [Totals()]
    for first, end, rejected in ((0, 10, []), (10, 20, [OffsetRange(start=17, end=19)]), (20, 25, [])):
        published = make_segment(
            first, end, at=NOON + HOUR * (len(done) - 1), rejected=rejected, before=done[-1]
        )
        assert chain.publish(published)
        done.append(published.totals)
    return done


def spans(catch_up: CatchUp) -> list[tuple[int, int, int, int]]:
    return [(p.start, p.end, p.table.num_rows, p.rejected) for p in catch_up.ranges]


def test_from_an_offset_within_a_file(chain: StoredChain, totals: list[Totals]) -> None:
    catch_up = chain.read_since(0, 18, 0)
    assert (catch_up.start, catch_up.before) == (18, None)
    ranges = list(catch_up.ranges)
    assert [p.table.column("offset").to_pylist() for p in ranges] == [[19], [20, 21, 22, 23, 24]]
    assert [(p.start, p.end, p.rejected) for p in ranges] == [(18, 20, 1), (20, 25, 0)]
    assert totals


@pytest.mark.parametrize("offset", [25, 30])
def test_from_the_end_nothing_is_read(chain: StoredChain, totals: list[Totals], offset: int) -> None:
    assert totals
    assert spans(chain.read_since(0, offset, 0)) == []


@pytest.mark.parametrize(
    ("not_before", "skipped"),
    [
        (NOON, 0),
        (NOON + HOUR * 0.5, 1),
        (NOON + HOUR, 1),
        (NOON + HOUR * 1.5, 2),
        (NOON + HOUR * 5, 3),
    ],
)
def test_files_older_than_the_window_are_skipped(
    chain: StoredChain, totals: list[Totals], not_before: object, skipped: int
) -> None:
    everything = [(0, 10, 10, 0), (10, 20, 8, 2), (20, 25, 5, 0)]
    catch_up = chain.read_since(0, None, to_milliseconds(not_before))  # type: ignore[arg-type] # pytest loses the type
    assert catch_up.before == totals[skipped]
    assert catch_up.start == [0, 10, 20, 25][skipped]
    assert spans(catch_up) == everything[skipped:]


def test_a_file_that_may_hold_an_event_ahead_of_its_time_is_kept(
    chain: StoredChain, totals: list[Totals]
) -> None:
    last_row = NOON + timedelta(seconds=9)
    just_counted = last_row + timedelta(seconds=EARLY_TOLERANCE_S)
    assert chain.read_since(0, None, to_milliseconds(just_counted)).start == 0
    assert chain.read_since(0, None, to_milliseconds(just_counted) + 1).start == 10
    assert totals


def test_a_file_without_rows_is_kept(chain: StoredChain) -> None:
    chain.publish(make_segment(0, 3, rejected=[OffsetRange(start=0, end=3)]))
    catch_up = chain.read_since(0, None, to_milliseconds(NOON + HOUR * 100))
    assert catch_up.before == Totals()
    assert spans(catch_up) == [(0, 3, 0, 3)]


def test_a_chain_without_files_begins_and_ends_at_its_origin(store: ScoredStore) -> None:
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    chain.claim_origin(2, 70)
    catch_up = chain.read_since(2, None, 0)
    assert (catch_up.start, catch_up.before, spans(catch_up)) == (70, Totals(), [])


def test_an_offset_before_the_origin_is_refused(store: ScoredStore) -> None:
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    chain.claim_origin(2, 70)
    with pytest.raises(DataRefused, match="asked for offset 69, the chain begins at 70"):
        chain.read_since(2, 69, 0)


def test_a_chain_without_an_origin_is_refused(chain: StoredChain) -> None:
    with pytest.raises(DataRefused, match="tweets-5: the origin of its chain has not been claimed"):
        chain.read_since(5, None, 0)


def test_a_missing_file_is_refused(store: ScoredStore, chain: StoredChain, totals: list[Totals]) -> None:
    store.rows.delete("dt=2026-03-14/tweets-0-00000000000000000010.parquet")
    assert totals
    with pytest.raises(DataRefused, match="begins at offset 20, the file before it ends at 10"):
        spans(chain.read_since(0, 0, 0))


def publish_dated(
    chain: StoredChain, *moments: datetime, latest: Sequence[datetime] | None = None
) -> list[Totals]:
    """Publish a file of five rows for each moment. ``latest`` are the latest arrivals; None as in schema version 1."""
    done = [Totals()]
    for number, moment in enumerate(moments):
        made = make_segment(number * 5, number * 5 + 5, at=moment, before=done[-1])
        arrival = to_milliseconds(latest[number]) if latest else None
        assert chain.publish(replace(made, latest_arrival_ms=arrival))
        done.append(made.totals)
    return done


BACK_DATED = NOON - timedelta(days=5)


@pytest.mark.parametrize("is_version_1", [True, False])
def test_a_back_dated_file_does_not_hide_the_files_before_it(
    chain: StoredChain, *, is_version_1: bool
) -> None:
    latest = None if is_version_1 else [NOON - 3 * HOUR, NOON, NOON, NOON]
    totals = publish_dated(chain, NOON - 3 * HOUR, NOON, BACK_DATED, BACK_DATED, latest=latest)
    catch_up = chain.read_since(0, None, to_milliseconds(NOON - HOUR))
    assert (catch_up.start, catch_up.before) == (5, totals[1])
    assert spans(catch_up) == [(5, 10, 5, 0), (10, 15, 5, 0), (15, 20, 5, 0)]


@pytest.mark.parametrize("is_version_1", [True, False])
def test_the_search_ends_where_all_earlier_files_are_older(
    chain: StoredChain, monkeypatch: pytest.MonkeyPatch, *, is_version_1: bool
) -> None:
    days = [NOON - timedelta(days=number) for number in (4, 3, 2, 0)]
    publish_dated(chain, *days, latest=None if is_version_1 else days)
    read = []
    read_metadata = ChainFiles.read_metadata

    def record_read(files: ChainFiles, file: ChainFile) -> object:
        read.append(file.first_offset)
        return read_metadata(files, file)

    monkeypatch.setattr(ChainFiles, "read_metadata", record_read)
    assert chain.read_since(0, None, to_milliseconds(NOON - HOUR)).start == 15
    assert read == [15, 10]


def test_a_file_of_version_1_may_hold_years_beyond_the_calendar(chain: StoredChain) -> None:
    made = make_segment(0, 5, at=NOON)
    microseconds = pa.array([to_milliseconds(NOON) * 1000] * 5, pa.int64()).cast(
        SCHEMA.field("appended_at").type
    )
    place = SCHEMA.get_field_index("appended_at")
    table = made.table.set_column(place, SCHEMA.field(place), microseconds)
    assert chain.publish(replace(made, table=table, latest_arrival_ms=None))
    assert spans(chain.read_since(0, None, to_milliseconds(NOON))) == [(0, 5, 5, 0)]
