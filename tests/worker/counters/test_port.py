"""One suite for both sinks of counters, in memory and on a server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from badbuzz.contracts.counters import Buckets, CounterUpdate, Tally
from badbuzz.contracts.scored_row import Totals
from badbuzz.errors import DataRefused, Misconfigured
from tests.worker.counters.backends import BUCKETS, PARTITIONS, TOPIC_ID, PartitionState
from worker.counters.port import Applied, Refused

if TYPE_CHECKING:
    from tests.worker.counters.backends import CounterBackend

NOW = int(time.time())
BUCKET = NOW // 10 * 10
ONE = Tally(1, 1, 900_000, 810_000)
TWO = ONE + ONE


def make_update(
    partition: int, start: int | None, end: int, settled: int = 0, appended_ms: int | None = None
) -> CounterUpdate:
    """A row in ``all`` and in ``acme``, and its totals."""
    return CounterUpdate(
        partition,
        start,
        end,
        settled=settled,
        tallies={("all", BUCKET): ONE, ("acme", BUCKET): ONE},
        totals=Totals(rows=1, negative=1),
        appended_ms=appended_ms,
    )


def test_a_fresh_partition_has_nothing_applied(backend: CounterBackend) -> None:
    assert backend.open_sink().take_over([0, 2]) == {0: None, 2: None}


def test_an_update_adds_its_tallies_and_moves_its_partition(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    assert sink.apply([make_update(0, None, 10)]) == {0: Applied()}
    assert sink.apply([make_update(0, 10, 20)]) == {0: Applied()}
    assert (backend.tally("all", BUCKET), backend.tally("acme", BUCKET)) == (TWO, TWO)
    known = backend.known(0)
    assert (known.applied, known.totals) == (20, Totals(rows=2, negative=2))
    assert backend.brands() == {"acme"}


def test_all_numbers_survive_exactly(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    huge = Tally(123_456_789_012_345, 98_765_432_109_876, 999_999_999_999_999, 100_000_000_000_001, 7)
    totals = Totals(
        rows=999_999_999_999_999, negative=1, rejected=2, late=3, early=100_000_000_000_003, unread=4
    )
    end = 999_999_999_999_999
    sink.apply(
        [CounterUpdate(0, None, end - 1, settled=end - 1, tallies={("all", BUCKET): huge}, totals=totals)]
    )
    sink.apply([CounterUpdate(0, end - 1, end, settled=end - 1, tallies={("all", BUCKET): huge})])
    assert backend.tally("all", BUCKET) == huge + huge
    assert backend.known(0).totals == totals
    assert sink.take_over([0]) == {0: end - 1}
    assert backend.tally("all", BUCKET) == huge


def test_a_bucket_with_only_unread_tweets_is_kept_and_undone(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    unread = {("acme", BUCKET): Tally(unread=2)}
    sink.apply([CounterUpdate(0, None, 1, unread, settled=1)])
    sink.apply([CounterUpdate(0, 1, 2, {("acme", BUCKET): ONE}, settled=1)])
    sink.take_over([0])
    assert backend.tally("acme", BUCKET) == Tally(unread=2)
    sink.apply([CounterUpdate(0, 1, 2, unread, settled=1)])
    assert backend.tally("acme", BUCKET) == Tally(unread=4)
    backend.open_sink().take_over([0])
    assert backend.tally("acme", BUCKET) == Tally(unread=2)


@pytest.mark.parametrize("brand", ["a:10:1700000000", "{x}", "été 😡", "", '"\\\n\0', "all:10"])
def test_a_brand_may_have_any_name(backend: CounterBackend, brand: str) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([CounterUpdate(0, None, 1, settled=0, tallies={(brand, BUCKET): ONE, ("all", BUCKET): TWO})])
    assert (backend.tally(brand, BUCKET), backend.tally("all", BUCKET)) == (ONE, TWO)
    assert backend.brands() == {brand}
    sink.take_over([0])
    assert backend.tally(brand, BUCKET) is None


def test_a_redelivered_update_counts_once_and_is_reported_as_applied(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    for _ in range(3):
        assert sink.apply([make_update(0, None, 10)]) == {0: Applied()}
    assert backend.tally("all", BUCKET) == ONE


@pytest.mark.parametrize("start", [None, 0, 9, 11, 20])
def test_an_update_with_another_start_is_refused(backend: CounterBackend, start: int | None) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10)])
    before = backend.known(0)
    assert sink.apply([make_update(0, start, 30, settled=10)]) == {0: Refused(10, owner_changed=False)}
    assert (backend.known(0), backend.tally("all", BUCKET)) == (before, ONE)


def test_a_refused_partition_does_not_affect_others(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0, 1])
    outcomes = sink.apply([make_update(0, 5, 10), make_update(1, None, 10), make_update(2, None, 10)])
    assert outcomes == {
        0: Refused(None, owner_changed=False),
        1: Applied(),
        2: Refused(None, owner_changed=True),
    }
    assert backend.tally("all", BUCKET) == ONE


def test_one_update_for_each_partition(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    with pytest.raises(ValueError, match="one update"):
        sink.apply([make_update(0, None, 10), make_update(0, 10, 20)])


def test_a_call_without_updates_is_no_error(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    assert sink.apply([]) == {}
    assert sink.take_over([]) == {}
    assert sink.touch({}) == frozenset()


def test_a_zombie_changes_nothing(backend: CounterBackend) -> None:
    zombie, owner = backend.open_sink(), backend.open_sink()
    zombie.take_over([0])
    zombie.apply([make_update(0, None, 10)])
    assert owner.take_over([0]) == {0: None}
    assert zombie.apply([make_update(0, None, 10)]) == {0: Refused(None, owner_changed=True)}
    owner.apply([make_update(0, None, 15)])
    assert zombie.apply([make_update(0, 15, 20)]) == {0: Refused(15, owner_changed=True)}
    assert zombie.apply([make_update(0, None, 15)]) == {0: Refused(15, owner_changed=True)}
    before = backend.known(0)
    assert zombie.touch({0: 15}) == {0}
    assert (backend.known(0), backend.tally("all", BUCKET)) == (before, ONE)


def test_a_takeover_undoes_pending_counts(backend: CounterBackend) -> None:
    first = backend.open_sink()
    first.take_over([0])
    first.apply([make_update(0, None, 10)])
    first.apply([make_update(0, 10, 20)])
    first.apply([make_update(0, 20, 30, settled=20)])
    first.apply([make_update(0, 30, 40, settled=20)])
    assert backend.known(0).pending == ((20, 30), (30, 40))
    assert backend.open_sink().take_over([0]) == {0: 20}
    assert backend.known(0) == PartitionState(20, None, Totals(rows=2, negative=2))
    assert (backend.tally("all", BUCKET), backend.tally("acme", BUCKET)) == (TWO, TWO)


def test_a_takeover_affects_its_own_partition_only(backend: CounterBackend) -> None:
    first, second = backend.open_sink(), backend.open_sink()
    first.take_over([0, 1])
    first.apply([make_update(0, None, 10), make_update(1, None, 10)])
    second.take_over([1])
    assert (backend.known(0).applied, backend.known(1).applied) == (10, None)
    assert backend.tally("all", BUCKET) == ONE


def test_undoing_all_counts_leaves_no_keys(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10, appended_ms=NOW * 1000)])
    assert sink.take_over([0]) == {0: None}
    assert backend.known(0) == PartitionState()
    assert backend.tally("all", BUCKET) is None


def test_undoing_is_idempotent(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10, settled=10)])
    sink.apply([make_update(0, 10, 20, settled=10)])
    assert [sink.take_over([0]), sink.take_over([0])] == [{0: 10}, {0: 10}]
    assert backend.tally("all", BUCKET) == ONE


def test_an_update_that_is_already_in_parquet_is_never_pending(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10, settled=10)])
    assert backend.known(0).pending == ()


def test_an_update_across_the_settled_offset_is_pending(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10)])
    assert sink.touch({0: 5}) == frozenset()
    assert sink.take_over([0]) == {0: None}


def test_an_expired_bucket_is_not_recreated_by_undoing(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10)])
    backend.expire("acme", BUCKET)
    sink.take_over([0])
    assert backend.tally("acme", BUCKET) is None


def test_a_bucket_after_its_expiry_is_not_created(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    old = BUCKET - BUCKETS.retention_seconds - 100
    outcome = sink.apply(
        [CounterUpdate(0, None, 1, settled=0, tallies={("acme", old): ONE}, totals=Totals(rows=1))]
    )
    assert outcome == {0: Applied()}
    assert (backend.tally("acme", old), backend.brands(), backend.known(0).totals.rows) == (None, set(), 1)
    assert sink.take_over([0]) == {0: None}
    assert backend.tally("acme", old) is None


def test_touch_settles_and_refreshes(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0, 1])
    sink.apply([make_update(0, None, 10), make_update(1, None, 10)])
    assert sink.touch({0: 10}) == frozenset()
    assert backend.known(0).pending == ()
    assert (backend.known(0).seen_ms or 0) >= NOW * 1000
    assert sink.touch({1: 10}, caught_up=False) == frozenset()
    assert (backend.known(1).pending, backend.known(1).seen_ms) == ((), None)


def test_touch_reports_an_older_snapshot(backend: CounterBackend) -> None:
    """The owner is the same, but its later counts are lost."""
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10)])
    assert sink.touch({0: 20}) == {0}
    assert (backend.known(0).pending, backend.known(0).seen_ms) == (((None, 10),), None)


def test_counters_are_as_fresh_as_their_last_record(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10, appended_ms=NOW * 1000 - 60_000)])
    assert backend.known(0).seen_ms == NOW * 1000 - 60_000
    sink.apply([make_update(0, 10, 20, appended_ms=NOW * 1000 - 90_000)])
    assert backend.known(0).seen_ms == NOW * 1000 - 60_000
    sink.apply([make_update(0, 20, 30)])
    assert backend.known(0).seen_ms == NOW * 1000 - 60_000


def test_a_kafka_clock_that_is_ahead_does_not_keep_counters_fresh(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10, appended_ms=(NOW + 86_400) * 1000)])
    assert (backend.known(0).seen_ms or 0) < (NOW + 3_600) * 1000


def test_undoing_restores_the_age_of_counters(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10, settled=10, appended_ms=1_000)])
    sink.apply([make_update(0, 10, 20, settled=10, appended_ms=2_000)])
    sink.touch({0: 10})
    sink.take_over([0])
    assert backend.known(0).seen_ms == 1_000


def test_a_server_that_lost_its_data_refuses_the_old_owner(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10)])
    backend.lose()
    assert sink.apply([make_update(0, 10, 20)]) == {0: Refused(None, owner_changed=True)}
    assert sink.touch({0: 10}) == {0}
    assert backend.tally("all", BUCKET) is None
    assert sink.take_over([0]) == {0: None}
    assert sink.apply([make_update(0, None, 20)]) == {0: Applied()}


def test_a_snapshot_from_before_a_second_takeover_is_not_owned(backend: CounterBackend) -> None:
    """Worker and offset are the same, but these counts come from other scores than the ones that will be published."""
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10)])
    restore = backend.snapshot()
    backend.lose()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10)])
    restore()
    assert sink.apply([make_update(0, 10, 20)]) == {0: Refused(10, owner_changed=True)}
    assert sink.touch({0: 10}) == {0}
    assert sink.take_over([0]) == {0: None}


def test_a_recreated_topic_is_refused(backend: CounterBackend) -> None:
    old = backend.open_sink()
    old.take_over([0])
    with pytest.raises(DataRefused, match=f"id {TOPIC_ID}, Kafka's has id made again"):
        backend.new_sink().open("made again", BUCKETS, PARTITIONS)
    assert old.apply([make_update(0, None, 10)]) == {0: Applied()}


def test_a_worker_of_a_deleted_topic_is_refused(backend: CounterBackend) -> None:
    old = backend.open_sink()
    old.take_over([0])
    backend.lose()
    backend.new_sink().open("made again", BUCKETS, PARTITIONS)
    with pytest.raises(DataRefused):
        old.apply([make_update(0, None, 10)])
    with pytest.raises(DataRefused):
        old.touch({0: 0})
    with pytest.raises(DataRefused):
        old.take_over([0])


@pytest.mark.parametrize("other", [Buckets(5, 7_200), Buckets(10, 3_600)])
def test_other_buckets_are_refused(backend: CounterBackend, other: Buckets) -> None:
    backend.open_sink()
    with pytest.raises(Misconfigured, match="7200"):
        backend.new_sink().open(TOPIC_ID, other, PARTITIONS)


def test_added_partitions_are_expected_from_then_on(backend: CounterBackend) -> None:
    old, new = backend.open_sink(), backend.open_sink()
    new.expect_partitions(PARTITIONS + 2)
    assert backend.expected_partitions() == PARTITIONS + 2
    old.take_over({0})
    assert backend.expected_partitions() == PARTITIONS + 2, "a worker with older metadata does not lower it"
    backend.lose()
    new.touch({0: 0})
    assert backend.expected_partitions() == PARTITIONS + 2


def test_another_topic_is_refused_when_its_partitions_are_reported(backend: CounterBackend) -> None:
    worker = backend.open_sink()
    backend.lose()
    backend.new_sink().open("made again", BUCKETS, PARTITIONS)
    with pytest.raises(DataRefused, match="made again"):
        worker.expect_partitions(PARTITIONS + 1)


JUMP_S = BUCKETS.compute_expiry(0) + BUCKETS.seconds


@pytest.mark.parametrize("ahead_s", [JUMP_S, 3_600, 40], ids=["all expire", "none expires", "a little"])
def test_a_clock_that_jumps_ahead_and_comes_back_empties_the_counters(
    backend: CounterBackend, ahead_s: int
) -> None:
    sink = backend.open_sink()
    sink.take_over([0, 1])
    sink.apply([make_update(0, None, 10, settled=10), make_update(1, None, 5)])
    backend.set_clock_ahead(ahead_s)
    assert sink.apply([make_update(0, 10, 20, settled=20)]) == {0: Applied()}
    backend.set_clock_ahead(0)
    assert sink.touch({0: 20, 1: 0}) == {0, 1}, "to be taken over again"
    assert (backend.known(0), backend.known(1)) == (PartitionState(), PartitionState())
    assert (backend.tally("all", BUCKET), backend.tally("acme", BUCKET), backend.brands()) == (
        None,
        None,
        set(),
    )
    assert sink.take_over([0]) == {0: None}
    sink.apply([make_update(0, None, 20, settled=20)])
    assert (backend.tally("all", BUCKET), backend.tally("acme", BUCKET)) == (ONE, ONE), "counted once"
    assert sink.touch({0: 20}) == frozenset()


def test_a_clock_that_is_corrected_a_little_changes_nothing(backend: CounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    backend.set_clock_ahead(20)
    sink.apply([make_update(0, None, 10, settled=10)])
    backend.set_clock_ahead(0)
    assert sink.touch({0: 10}) == frozenset()
    assert backend.tally("all", BUCKET) == ONE


def test_the_clock_is_the_servers(backend: CounterBackend) -> None:
    before = time.time()
    found = backend.open_sink().fetch_clock_ms()
    assert before - 1 <= found / 1000 <= time.time() + 1
