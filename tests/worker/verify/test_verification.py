"""Verification of Parquet alone: a sound store is clean, and every kind of damage is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.scored_row import Gap, OffsetRange, Totals
from tests.worker.chain.segments import TOPIC, TOPIC_ID, make_rows, make_segment
from tests.worker.chain.version_1 import rewrite_as_version_1
from tests.worker.verify.chain_facts import ROW, make_footer, put_file
from worker.chain.stored_chain import StoredChain
from worker.verify.verification import Verification

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore
    from worker.verify.report import VerificationReport, Violation

SECOND = "dt=2026-03-14/tweets-0-00000000000000000010.parquet"


@pytest.fixture
def store() -> ScoredStore:
    """Partition 0 has offsets 0 to 29 in three files, partition 1 has 100 to 103, and partition 2 has only an origin."""
    store = open_scored_store("memory://")
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    chain.claim_origin(0, 0)
    totals = Totals()
    rejected = [OffsetRange(start=12, end=14)]
    for published in (
        make_segment(0, 10),
        make_segment(
            10,
            20,
            rejected=rejected,
            gaps=[Gap(start=19, end=20, reason="absent")],
            before=make_segment(0, 10).totals,
        ),
    ):
        assert chain.publish(published)
        totals = published.totals
    assert chain.publish(make_segment(20, 30, before=totals))
    chain.claim_origin(1, 100)
    assert chain.publish(make_segment(100, 104, partition=1))
    chain.claim_origin(2, 7)
    return store


def verify(store: ScoredStore) -> VerificationReport:
    return Verification(store, TOPIC, None, None).run(deep=False, complete=False)


def only(report: VerificationReport) -> Violation:
    assert (report.verdict, report.exit_code) == ("violated", 65)
    (violation,) = report.violations
    return violation


def test_a_sound_store_is_clean(store: ScoredStore) -> None:
    report = verify(store)
    assert (report.verdict, report.exit_code) == ("clean", 0)
    assert report.proven == ("chain: every offset once, no gap, no overlap, in 4 files",)
    spans = [(p.partition, p.start, p.end, p.files, p.absent, p.lag) for p in report.partitions]
    assert spans == [(0, 0, 30, 3, 1, None), (1, 100, 104, 1, 0, None), (2, 7, 7, 0, 0, None)]
    assert report.partitions[0].totals == Totals(rows=27, negative=9, rejected=2)


def test_offsets_lost_to_retention_are_reported(store: ScoredStore) -> None:
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    chain.find_ends([1])
    gap = Gap(start=104, end=110, reason="retention")
    assert chain.publish(
        make_segment(104, 120, partition=1, gaps=[gap], before=make_segment(100, 104, partition=1).totals)
    )
    report = verify(store)
    assert report.verdict == "clean"
    assert report.partitions[1].lost == ((104, 110),)
    assert report.notes == (
        f"{TOPIC}-1: offsets 104 to 109 were deleted by Kafka's retention before they were scored",
    )


def test_unread_rows_are_compared_with_the_footer(store: ScoredStore) -> None:
    before = make_segment(100, 104, partition=1).totals
    table = make_rows(range(104, 110), partition=1, unread=[104, 105, 108])
    right = before + Totals(rows=6, negative=0, unread=3)
    footer = make_footer(104, [ROW] * 6, before, partition=1).model_copy(update={"totals": right})
    put_file(store.rows, table, footer)
    assert verify(store).partitions[1].totals == Totals(rows=10, negative=1, unread=3)
    put_file(store.rows, table, footer.model_copy(update={"totals": right + Totals(unread=1)}))
    assert "its footer says" in only(verify(store)).problem


def test_files_of_version_1_are_read_beside_new_ones(store: ScoredStore) -> None:
    before = verify(store)
    rewrite_as_version_1(store.rows, SECOND)
    assert verify(store) == before


def test_a_store_without_a_chain_proves_nothing() -> None:
    report = verify(open_scored_store("memory://"))
    assert (report.verdict, report.exit_code) == ("unsettled", 75)
    assert (report.proven, report.violations) == ((), ())
    assert [line.partition(":")[0] for line in report.unsettled] == ["no chain"]
    assert "BADBUZZ_SCORED__CHAIN_URL" in report.unsettled[0]


def test_an_origin_without_files_is_a_chain() -> None:
    store = open_scored_store("memory://")
    StoredChain(store, TOPIC, TOPIC_ID).claim_origin(0, 0)
    report = verify(store)
    assert (report.verdict, len(report.proven)) == ("clean", 1)


def test_a_missing_file(store: ScoredStore) -> None:
    store.rows.delete(SECOND)
    found = only(verify(store))
    assert (found.partition, found.offset) == (0, 10)
    assert "offset 10 is in no file: this one begins at 20" in found.problem


def test_a_damaged_file(store: ScoredStore) -> None:
    store.rows.put(SECOND, bytes(store.rows.get(SECOND).bytes())[:-9])
    report = verify(store)
    found = only(report)
    assert (found.partition, found.offset) == (0, 10)
    assert f"{SECOND}: not a whole Parquet file" in found.problem
    assert report.partitions[0].end == 10


def test_a_file_published_twice_under_two_days(store: ScoredStore) -> None:
    store.rows.copy(SECOND, SECOND.replace("03-14", "03-15"))
    found = only(verify(store))
    assert (found.partition, found.offset) == (0, 10)
    assert "offset 10 is in two files" in found.problem


def test_rows_that_the_footer_does_not_account_for(store: ScoredStore) -> None:
    put_file(
        store.rows,
        make_rows([30, 31, 33]),
        make_footer(30, [ROW] * 3, Totals(rows=27, negative=9, rejected=2)),
    )
    found = only(verify(store))
    assert (found.partition, found.offset) == (0, 32)


@pytest.mark.parametrize("change", [{"partition": 1}, {"topic": "other"}])
def test_a_row_of_another_partition(store: ScoredStore, change: dict[str, int | str]) -> None:
    table = make_rows(range(30, 33))
    wrong = make_rows(range(30, 33), **change)  # type: ignore[arg-type] # one keyword of two types
    column = next(iter(change))
    table = table.set_column(table.schema.get_field_index(column), table.schema.field(column), wrong[column])
    put_file(store.rows, table, make_footer(30, [ROW] * 3, Totals(rows=27, negative=9, rejected=2)))
    found = only(verify(store))
    assert (found.partition, found.offset) == (0, 30)
    assert "names another topic or partition" in found.problem


def test_labels_that_the_footer_does_not_count(store: ScoredStore) -> None:
    put_file(
        store.rows,
        make_rows(range(30, 33)),
        make_footer(30, [ROW] * 3, Totals(rows=27, negative=8, rejected=2)),
    )
    found = only(verify(store))
    assert (found.partition, found.offset) == (0, 30)
    assert "its footer says" in found.problem


def test_a_chain_without_an_origin(store: ScoredStore) -> None:
    store.internal.delete("tweets-1.json")
    found = only(verify(store))
    assert (found.partition, found.offset) == (1, 100)
    assert "its chain has no origin; compare BADBUZZ_SCORED__CHAIN_URL" in found.problem


def test_another_topic_in_the_same_folder_is_ignored(store: ScoredStore) -> None:
    other = StoredChain(store, "tweets-0", TOPIC_ID)
    other.claim_origin(0, 5)
    assert other.publish(make_segment(5, 8, topic="tweets-0"))
    assert verify(store).verdict == "clean"
    assert Verification(store, "tweets-0", None, None).run(deep=False, complete=False).verdict == "clean"
