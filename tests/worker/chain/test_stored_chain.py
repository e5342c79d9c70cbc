"""The guarantees of a chain, on every kind of store."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.storage import create_object
from badbuzz.contracts.scored_row import Gap, OffsetRange, Totals
from badbuzz.errors import DataRefused, Retry
from tests.worker.chain.segments import NOON, TOPIC, TOPIC_ID, make_rows, make_segment
from worker.chain import stored_chain
from worker.chain.chain_files import ChainFiles
from worker.chain.file_format.parquet import encode_segment
from worker.chain.port import ChainEnd
from worker.chain.stored_chain import StoredChain

if TYPE_CHECKING:
    from collections.abc import Callable

    from obstore.store import ObjectStore

    from badbuzz.clients.scored_store import ScoredStore
    from worker.chain.port import Segment


def reopen(store: ScoredStore, topic_id: str = TOPIC_ID) -> StoredChain:
    return StoredChain(store, TOPIC, topic_id)


def test_an_unclaimed_chain_has_no_end(store: ScoredStore) -> None:
    assert reopen(store).find_ends([0, 7]) == {0: None, 7: None}


def test_the_first_claim_of_an_origin_holds(store: ScoredStore) -> None:
    assert reopen(store).claim_origin(3, 100) == 100
    assert reopen(store).claim_origin(3, 250) == 100
    assert reopen(store).find_ends([3]) == {3: ChainEnd(100, Totals(), TOPIC_ID)}


def test_segments_follow_one_another(store: ScoredStore, chain: StoredChain) -> None:
    first = make_segment(0, 10)
    second = make_segment(10, 12, before=first.totals)
    assert chain.publish(first)
    assert chain.publish(second)
    assert reopen(store).find_ends([0]) == {
        0: ChainEnd(12, second.totals, TOPIC_ID, latest_arrival_ms=second.latest_arrival_ms)
    }


def test_partitions_are_independent(store: ScoredStore) -> None:
    chain = reopen(store)
    for partition in (1, 11):
        chain.claim_origin(partition, partition)
        assert chain.publish(make_segment(partition, partition + 5, partition=partition))
    ends = reopen(store).find_ends([1, 11])
    assert {p: end.end_offset for p, end in ends.items() if end} == {1: 6, 11: 16}


def test_a_segment_of_rejected_records_is_a_file_without_rows(store: ScoredStore, chain: StoredChain) -> None:
    rejected = OffsetRange(start=0, end=4)
    assert chain.publish(make_segment(0, 4, rejected=[rejected]))
    files = ChainFiles(store.rows, TOPIC)
    (file,) = files.list_all()[0]
    assert files.read_metadata(file).num_rows == 0
    assert files.read_footer(file).rejected == (rejected,)


def test_published_rows_are_read_back_unchanged(store: ScoredStore, chain: StoredChain) -> None:
    published = make_segment(0, 50)
    chain.publish(published)
    files = ChainFiles(store.rows, TOPIC)
    (file,) = files.list_all()[0]
    (table,) = files.read_row_groups(file, published.table.column_names)
    assert table.equals(published.table)


def test_of_two_rivals_one_wins(store: ScoredStore, chain: StoredChain) -> None:
    rival = reopen(store)
    rival.find_ends([0])
    chain.find_ends([0])
    assert rival.publish(make_segment(0, 7))
    assert not chain.publish(make_segment(0, 9))
    end = chain.find_ends([0])[0]
    assert end is not None
    assert end.end_offset == 7
    assert chain.publish(make_segment(7, 9, before=end.totals))


def test_rivals_that_race_publish_each_segment_once(store: ScoredStore) -> None:
    lengths = {0: 3, 1: 5}
    chains = {rival: reopen(store) for rival in lengths}
    start = threading.Barrier(len(lengths))
    won: dict[int, list[int]] = {rival: [] for rival in lengths}

    def run(rival: int) -> None:
        chain, position, totals = chains[rival], chains[rival].claim_origin(0, 0), Totals()
        start.wait()
        while position < 40:
            mine = make_segment(position, position + lengths[rival], before=totals)
            if chain.publish(mine):
                won[rival].append(position)
            end = chain.find_ends([0])[0]
            assert end is not None
            position, totals = end.end_offset, end.totals

    threads = [threading.Thread(target=run, args=(rival,)) for rival in lengths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files = ChainFiles(store.rows, TOPIC)
    published = files.list_all()[0]
    assert sorted([*won[0], *won[1]]) == [file.first_offset for file in published]
    ends = [files.read_footer(file).end_offset for file in published]
    assert [0, *ends[:-1]] == [file.first_offset for file in published]


@pytest.fixture
def time_out(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``time_out(chain, segment, succeeded=...)``: an attempt to publish that gets no answer."""

    def attempt(chain: StoredChain, wanted: Segment, *, succeeded: bool) -> None:
        def fail(store: ObjectStore, path: str, data: bytes) -> bool:
            if succeeded:
                create_object(store, path, data)
            raise Retry("storage", "no answer in time")

        monkeypatch.setattr(stored_chain, "create_object", fail)
        with pytest.raises(Retry):
            chain.publish(wanted)
        monkeypatch.setattr(stored_chain, "create_object", create_object)

    return attempt


@pytest.mark.parametrize("succeeded", [True, False])
def test_a_failed_attempt_may_be_repeated(
    store: ScoredStore, chain: StoredChain, time_out: Callable[..., None], *, succeeded: bool
) -> None:
    time_out(chain, make_segment(0, 5), succeeded=succeeded)
    assert chain.publish(make_segment(0, 5))
    assert len(ChainFiles(store.rows, TOPIC).list_all()[0]) == 1


def test_a_longer_segment_is_not_the_one_that_timed_out(
    chain: StoredChain, time_out: Callable[..., None]
) -> None:
    time_out(chain, make_segment(0, 5), succeeded=True)
    assert not chain.publish(make_segment(0, 6))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (make_segment(2, 5), "would leave a hole"),
        (make_segment(0, 5, gaps=[Gap(start=5, end=6, reason="absent")]), "offset 5 is not before the end 5"),
    ],
)
def test_a_segment_that_does_not_fit_is_not_written(
    store: ScoredStore, chain: StoredChain, wrong: Segment, message: str
) -> None:
    with pytest.raises(DataRefused, match=message):
        chain.publish(wrong)
    assert ChainFiles(store.rows, TOPIC).list_all() == {}


def test_a_segment_with_other_columns_is_not_written(chain: StoredChain) -> None:
    good = make_segment(0, 5)
    fields = {name: getattr(good, name) for name in good.__slots__} | {
        "table": make_rows(range(5)).drop(["lang"])
    }
    with pytest.raises(DataRefused, match="columns are not those of the contract"):
        chain.publish(type(good)(**fields))


def test_nothing_is_published_before_the_origin_is_claimed(store: ScoredStore) -> None:
    with pytest.raises(DataRefused, match="the origin of its chain has not been claimed"):
        reopen(store).publish(make_segment(0, 5))


def test_days_never_fall_along_a_chain(store: ScoredStore, chain: StoredChain) -> None:
    chain.publish(make_segment(0, 5, at=NOON))
    chain.publish(make_segment(5, 6, at=NOON - timedelta(days=2)))
    chain.publish(make_segment(6, 9, at=NOON + timedelta(days=1)))
    days = [file.day for file in ChainFiles(store.rows, TOPIC).list_all()[0]]
    assert days == [NOON.date(), NOON.date(), NOON.date() + timedelta(days=1)]


def test_a_late_worker_gives_a_file_the_same_day(store: ScoredStore, chain: StoredChain) -> None:
    chain.publish(make_segment(0, 5, at=NOON))
    earlier = make_segment(5, 6, at=NOON - timedelta(days=2))
    late_comer = reopen(store)
    late_comer.find_ends([0])
    assert chain.publish(earlier)
    assert not late_comer.publish(make_segment(5, 7, at=NOON - timedelta(days=2)))


def test_a_segment_that_begins_with_a_gap_does_not_replace_another_workers(
    store: ScoredStore, chain: StoredChain
) -> None:
    rival = reopen(store)
    rival.find_ends([0])
    assert chain.publish(make_segment(0, 5, at=NOON - timedelta(days=1)))
    gap = Gap(start=0, end=4, reason="retention")
    assert not rival.publish(make_segment(0, 5, gaps=[gap], at=NOON))


@pytest.mark.parametrize("claimed_only", [True, False])
def test_a_recreated_topic_is_refused(store: ScoredStore, chain: StoredChain, *, claimed_only: bool) -> None:
    if not claimed_only:
        chain.publish(make_segment(0, 5))
    with pytest.raises(
        DataRefused, match=re.compile("first-life.*second-life.*BADBUZZ_SCORED__URL", re.DOTALL)
    ):
        reopen(store, "second-life").find_ends([0])
    with pytest.raises(DataRefused, match="first-life"):
        reopen(store, "second-life").claim_origin(0, 0)


def test_files_without_an_origin_are_refused(store: ScoredStore, chain: StoredChain) -> None:
    chain.publish(make_segment(0, 5))
    store.internal.delete("tweets-0.json")
    with pytest.raises(DataRefused, match=r"internal file tweets-0\.json: missing") as refused:
        reopen(store).find_ends([0])
    path = "dt=2026-03-14/tweets-0-00000000000000000000.parquet"
    assert f"though {path} is there; compare BADBUZZ_SCORED__CHAIN_URL" in str(refused.value)


def test_an_unreadable_origin_is_refused(store: ScoredStore) -> None:
    store.internal.put("tweets-0.json", b"{")
    with pytest.raises(DataRefused, match=r"internal file tweets-0\.json: unreadable"):
        reopen(store).find_ends([0])


def test_a_file_that_another_worker_replaced_is_reported(store: ScoredStore, chain: StoredChain) -> None:
    """A late write of a frozen worker got through, although the probe at the start found no fault."""
    first = make_segment(0, 5)
    assert chain.publish(first)
    (path,) = [entry["path"] for chunk in store.rows.list() for entry in chunk]
    replaced = encode_segment(first, TOPIC_ID, "another writer")
    store.rows.put(path, replaced)
    following = make_segment(5, 9, before=first.totals)
    if store.root:  # a file system either has hard links or has none
        assert chain.publish(following)
        return
    with pytest.raises(DataRefused, match="replaced by another worker after this one published it"):
        chain.publish(following)


def test_a_published_file_that_was_merged_meanwhile_is_not_missed(
    store: ScoredStore, chain: StoredChain
) -> None:
    first = make_segment(0, 5)
    assert chain.publish(first)
    (path,) = [entry["path"] for chunk in store.rows.list() for entry in chunk]
    store.rows.delete(path)
    assert chain.publish(make_segment(5, 9, before=first.totals))
