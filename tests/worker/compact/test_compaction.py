"""The guarantees of a compaction, on every kind of store."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from badbuzz.contracts.scored_row import Gap, OffsetRange
from tests.worker.chain.segments import NOON, TOPIC, TOPIC_ID, make_segment
from tests.worker.compact.sample_chains import (
    COMPACTED,
    DAY,
    FIRST_MERGED,
    NEXT,
    FileLayout,
    assert_whole,
    list_names,
    publish_layout,
    read_chain_rows,
    read_contents,
    run_compaction,
    run_verification,
)
from worker.chain import chain_files
from worker.chain.chain_files import ChainFiles
from worker.chain.internal.stored_plan import build_plan_path
from worker.chain.stored_chain import StoredChain
from worker.compact import merge
from worker.compact.compaction import Compaction

if TYPE_CHECKING:
    import pyarrow as pa
    import pytest
    from obstore.store import ObjectStore

    from badbuzz.clients.scored_store import ScoredStore

SECOND_ORIGINAL = "dt=2026-03-14/tweets-0-00000000000000000010.parquet"


def test_a_closed_day_is_merged(store: ScoredStore) -> None:
    before = {partition: read_chain_rows(store, partition) for partition in (0, 1)}
    report = run_compaction(store)
    first, second = report.days
    assert (first.day, first.state, first.before.files, first.after.files, first.rows) == (
        DAY,
        "compacted",
        5,
        2,
        31,
    )
    assert first.after.bytes < first.before.bytes
    assert first.in_one_step is (store.root is not None)
    assert (second.state, second.held_by, report.exit_code) == ("open", (0, 1), 0)
    assert list_names(store) == COMPACTED
    assert {partition: read_chain_rows(store, partition) for partition in (0, 1)} == before
    assert_whole(store)
    assert run_verification(store).notes == ()


def test_a_merged_file_has_the_footer_content_of_its_originals(store: ScoredStore) -> None:
    files = ChainFiles(store.rows, TOPIC)
    originals = [files.read_footer(file) for file in files.list_all()[0][:3]]
    run_compaction(store)
    footer = files.read_footer(files.list_all()[0][0])
    assert (footer.first_offset, footer.end_offset, footer.topic_id) == (0, 30, TOPIC_ID)
    assert footer.rejected == (OffsetRange(start=12, end=14),)
    assert footer.gaps == (Gap(start=29, end=30, reason="absent"),)
    assert footer.totals == originals[-1].totals
    assert footer.end_leader_epoch == originals[-1].end_leader_epoch == 30


def test_a_day_is_compacted_once(store: ScoredStore) -> None:
    run_compaction(store)
    before = read_contents(store)
    assert [day.state for day in run_compaction(store, target_bytes=10**9).days] == ["done", "open"]
    assert read_contents(store) == before


def test_a_dry_run_changes_nothing(store: ScoredStore) -> None:
    before = read_contents(store)
    report = Compaction(store, TOPIC, 1_000_000).run(dry_run=True)
    found = report.days[0]
    assert (found.state, found.before.files, found.after.files, found.rows) == ("to do", 5, 2, 31)
    assert read_contents(store) == before


def test_only_the_requested_day_is_compacted(store: ScoredStore) -> None:
    assert Compaction(store, TOPIC, 1_000_000).run(NEXT.date()).days[0].state == "open"
    assert FIRST_MERGED not in list_names(store)
    assert [day.day for day in Compaction(store, TOPIC, 1_000_000).run(DAY).days] == [DAY]
    assert list_names(store) == COMPACTED


def test_a_partition_that_is_behind_keeps_a_day_open(empty: ScoredStore) -> None:
    publish_layout(
        empty, (FileLayout(0, 0, 5), FileLayout(0, 5, 9), FileLayout(0, 9, 12, at=NEXT), FileLayout(1, 0, 4))
    )
    before = read_contents(empty)
    first, second = run_compaction(empty).days
    assert (first.state, first.held_by) == ("open", (1,))
    assert (second.state, second.held_by) == ("open", (0,))
    assert read_contents(empty) == before


def test_a_compacted_chain_can_be_continued(store: ScoredStore) -> None:
    run_compaction(store)
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    for partition, end, of_next in ((0, 40, 50), (1, 109, 112)):
        found = chain.find_ends([partition])[partition]
        assert found is not None
        assert found.end_offset == end
        assert chain.publish(
            make_segment(end, of_next, partition=partition, at=NEXT + timedelta(days=1), before=found.totals)
        )
    assert run_verification(store).verdict == "clean"
    assert [day.state for day in run_compaction(store).days] == ["done", "done", "open"]


def test_days_are_compacted_one_after_the_other(empty: ScoredStore) -> None:
    layout = [FileLayout(0, 10 * n, 10 * n + 10, at=NOON + timedelta(days=n // 3)) for n in range(9)]
    publish_layout(empty, tuple(layout))
    assert [day.state for day in run_compaction(empty).days] == ["compacted", "compacted", "open"]
    assert len(list_names(empty)) == 2 + 3
    assert run_verification(empty).verdict == "clean"


def test_a_damaged_original_is_refused_and_nothing_changes(store: ScoredStore) -> None:
    damaged = bytearray(store.rows.get(SECOND_ORIGINAL).bytes())
    damaged[4:400] = bytes(396)
    store.rows.put(SECOND_ORIGINAL, bytes(damaged))
    before = read_contents(store)
    report = run_compaction(store)
    assert (report.days[0].state, report.exit_code) == ("refused", 65)
    assert SECOND_ORIGINAL in str(report.days[0].problem)
    after = read_contents(store)
    assert {path: after[path] for path in before} == before
    assert set(after) - set(before) <= {build_plan_path(TOPIC, DAY)}


def test_a_missing_original_is_refused_and_nothing_changes(store: ScoredStore) -> None:
    store.rows.delete(SECOND_ORIGINAL)
    before = read_contents(store)
    report = run_compaction(store)
    assert (report.days[0].state, report.exit_code) == ("refused", 65)
    assert "begins at offset 20, the file before it ends at 10" in str(report.days[0].problem)
    assert read_contents(store) == before


def test_an_original_that_went_missing_after_the_plan_is_named(store: ScoredStore) -> None:
    compaction = Compaction(store, TOPIC, 1_000_000)
    compaction._new_plan(DAY, claim=True)
    store.rows.delete(SECOND_ORIGINAL)
    report = run_compaction(store)
    assert report.days[0].state == "refused"
    assert f"{SECOND_ORIGINAL}: to be merged by {build_plan_path(TOPIC, DAY)}, but gone" in str(
        report.days[0].problem
    )


def test_a_refused_day_does_not_stop_the_others(empty: ScoredStore) -> None:
    publish_layout(empty, tuple(FileLayout(0, n, n + 1, at=NOON + timedelta(days=n // 3)) for n in range(9)))
    empty.rows.delete("dt=2026-03-14/tweets-0-00000000000000000001.parquet")
    report = run_compaction(empty)
    assert [day.state for day in report.days] == ["refused", "compacted", "open"]
    assert report.exit_code == 65


def test_foreign_files_are_not_touched(store: ScoredStore) -> None:
    other = StoredChain(store, "tweets-0", TOPIC_ID)
    other.claim_origin(0, 5)
    assert other.publish(make_segment(5, 8, topic="tweets-0"))
    foreign = {"dt=2026-03-14/notes.txt", "dt=2026-03-14/tweets-0-5.parquet"}
    for path in foreign:
        store.rows.put(path, b"not ours")
    run_compaction(store)
    assert list_names(store) == COMPACTED | foreign | {
        "dt=2026-03-14/tweets-0-0-00000000000000000005.parquet",
    }
    assert bytes(store.rows.get("dt=2026-03-14/notes.txt").bytes()) == b"not ours"


def open_frozen_chain(store: ScoredStore) -> StoredChain:
    """A chain that has cached offset 10 as the end of partition 0."""
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    before = make_segment(0, 10)
    chain.claim_origin(0, 0)
    assert chain.publish(before)
    return chain


def test_a_file_that_a_frozen_worker_publishes_into_a_compacted_day_is_void(empty: ScoredStore) -> None:
    frozen = open_frozen_chain(empty)
    publish_layout(empty)
    run_compaction(empty)
    assert frozen.publish(
        make_segment(10, 35, before=make_segment(0, 10).totals)
    )  # the name had become free again
    assert SECOND_ORIGINAL in list_names(empty)
    assert_whole(empty)
    assert "1 files wait for deletion" in run_verification(empty).notes[0]
    assert run_compaction(empty).days[0].state == "compacted"
    assert list_names(empty) == COMPACTED
    assert_whole(empty)


def test_a_worker_that_was_frozen_for_long_lists_before_it_publishes(
    empty: ScoredStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = open_frozen_chain(empty)
    publish_layout(empty)
    run_compaction(empty)
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + 3_600)
    assert not frozen.publish(make_segment(10, 35, before=make_segment(0, 10).totals))
    assert list_names(empty) == COMPACTED


def test_several_compactions_at_once(store: ScoredStore) -> None:
    start = threading.Barrier(3)
    failures: list[BaseException] = []

    def run() -> None:
        start.wait()
        try:
            assert run_compaction(store).exit_code == 0
        except BaseException as error:  # noqa: BLE001 - the test's thread asserts that there is none
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert list_names(store) == COMPACTED
    assert_whole(store)


def test_large_files_are_read_in_parts(store: ScoredStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "ROW_GROUP_ROWS", 10)
    monkeypatch.setattr(chain_files, "_AT_ONCE_BYTES", 100)
    run_compaction(store)
    files = ChainFiles(store.rows, TOPIC)
    merged = files.list_all()[0][0]
    sizes = [table.num_rows for table in files.read_row_groups(merged, ["id"])]
    assert sizes == [10, 17]
    assert files.read_metadata(merged).num_row_groups == 2
    assert_whole(store)
    ranges = list(StoredChain(store, TOPIC, TOPIC_ID).read_since(0, 5, 0).ranges)
    assert [(p.start, p.end, p.table.num_rows, p.rejected) for p in ranges] == [
        (5, 10, 5, 0),
        (10, 30, 17, 2),
        (30, 40, 10, 0),
    ]


def test_a_merged_file_is_checked_before_anything_is_deleted(
    store: ScoredStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The storage returns other bytes than those that were written."""
    if store.root:
        monkeypatch.setattr("worker.compact.publish.swap_folders", lambda *_: False)

    def garble(made_store: ObjectStore, path: str, data: bytes) -> bool:
        made_store.put(path, data[:-40] + bytes(40))
        return True

    before = list_names(store)
    monkeypatch.setattr("worker.compact.publish.create_object", garble)
    report = run_compaction(store)
    assert report.days[0].state == "refused"
    assert list_names(store) - before in ({FIRST_MERGED}, set())
    assert before <= list_names(store)


def test_a_merge_that_changes_a_value_is_refused(store: ScoredStore, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pq.ParquetWriter.write_table

    def careless(writer: pq.ParquetWriter, table: pa.Table) -> None:
        shifted = [*table["text"].slice(1).to_pylist(), "?"]
        index = table.schema.get_field_index("text")
        real(writer, table.set_column(index, table.schema.field("text"), [shifted]))

    before = list_names(store)
    monkeypatch.setattr(pq.ParquetWriter, "write_table", careless)
    report = run_compaction(store)
    assert "its rows differ from those that it was merged from" in str(report.days[0].problem)
    assert list_names(store) == before


def test_a_merged_file_without_its_plan_is_not_trusted(empty: ScoredStore) -> None:
    frozen = open_frozen_chain(empty)
    publish_layout(empty)
    run_compaction(empty)
    assert frozen.publish(make_segment(10, 35, before=make_segment(0, 10).totals))
    empty.internal.delete(build_plan_path(TOPIC, DAY))
    report = run_compaction(empty)
    assert "no plan says what it was merged from" in str(report.days[0].problem)
    assert SECOND_ORIGINAL in list_names(empty)
