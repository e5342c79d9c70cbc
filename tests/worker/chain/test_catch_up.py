"""Reading the part of a chain that counters lack."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from badbuzz.contracts.counters import EARLY_TOLERANCE_S
from badbuzz.contracts.scored_row import OffsetRange, Totals
from badbuzz.errors import DataRefused
from tests.worker.chain.segments import NOON, TOPIC, TOPIC_ID, make_segment, to_milliseconds
from worker.chain.stored_chain import StoredChain

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore
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
