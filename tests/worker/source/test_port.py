"""One suite for both sources: the one on Kafka, and the one in memory, on which the tests of the core depend."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import DataRefused
from tests.worker.source.conftest import PARTITIONS
from tests.worker.source.group_member import TIMEOUT_S, GroupMember, poll_quietly, until
from tests.worker.source.harness import SHORT_POLL_INTERVAL_MS
from worker.source.port import Bounds, ReadProgress

if TYPE_CHECKING:
    from tests.worker.source.harness import TopicHarness

ALL = set(range(PARTITIONS))


def join_alone(harness: TopicHarness) -> GroupMember:
    """Join alone, and return a member that owns every partition and has started none."""
    member = GroupMember(harness.join())
    until(lambda: member.owned == ALL, member)
    return member


def join_and_start(harness: TopicHarness) -> GroupMember:
    """Join alone, and return a member that reads every partition from its first offset."""
    member = join_alone(harness)
    for partition in ALL:
        member.source.start_partition(partition, 0)
    return member


def test_nothing_is_delivered_before_a_partition_is_started(harness: TopicHarness) -> None:
    harness.fill(0, 3)
    harness.fill(1, 3)
    member = join_alone(harness)
    assert sorted(member.gained) == sorted(ALL)
    poll_quietly(member)
    assert member.received == 0
    member.source.start_partition(1, 0)
    until(lambda: member.received, member)
    poll_quietly(member)
    assert member.offsets(1) == [0, 1, 2]
    assert member.offsets(0) == []


def test_members_with_rare_short_polls_get_their_partitions(harness: TopicHarness) -> None:
    """With such polls, a join ends between two of them."""
    harness.fill(0, 3)
    members = [GroupMember(harness.join()), GroupMember(harness.join())]
    deadline = time.monotonic() + TIMEOUT_S
    while not (all(member.owned for member in members) and members[0].owned | members[1].owned == ALL):
        assert time.monotonic() < deadline
        for member in members:
            member.poll(timeout_s=0.001)
        time.sleep(0.25)


def test_records_are_delivered_in_order_from_the_start_offset(harness: TopicHarness) -> None:
    harness.fill(2, 50)
    member = join_alone(harness)
    member.source.start_partition(2, 20)
    until(lambda: member.received >= 30, member, limit=7)
    assert member.offsets(2) == list(range(20, 50))


def test_records_are_delivered_unchanged(harness: TopicHarness) -> None:
    before_ms = time.time_ns() // 1_000_000
    sent = [(b"\xff not even text", b"key"), (b"", None), (None, b"tombstone")]
    for value, key in sent:
        harness.append(3, value, key)
    member = join_and_start(harness)
    until(lambda: member.received == 3, member)
    records = member.records[3]
    assert [(record.value, record.key) for record in records] == sent
    assert [(record.partition, record.offset) for record in records] == [(3, 0), (3, 1), (3, 2)]
    after_ms = time.time_ns() // 1_000_000
    assert all(before_ms <= record.timestamp <= after_ms for record in records)


def test_a_poll_returns_at_most_its_limit(harness: TopicHarness) -> None:
    for partition in ALL:
        harness.fill(partition, 20)
    member = join_and_start(harness)
    until(lambda: member.received == 80, member, limit=9)
    assert member.largest_poll <= 9
    assert all(member.offsets(partition) == list(range(20)) for partition in ALL)


def test_at_the_logs_end_only_new_records_are_delivered(harness: TopicHarness) -> None:
    harness.fill(0, 5)
    member = join_alone(harness)
    member.source.start_partition(0, 5)
    poll_quietly(member)
    assert member.received == 0
    harness.append(0, b"news")
    until(lambda: member.received, member)
    assert member.offsets(0) == [5]


def test_a_second_start_moves_back(harness: TopicHarness) -> None:
    harness.fill(0, 5)
    member = join_and_start(harness)
    until(lambda: member.received == 5, member)
    member.source.start_partition(0, 3)
    until(lambda: member.received == 7, member)
    assert member.offsets(0) == [0, 1, 2, 3, 4, 3, 4]


def test_records_of_a_pause_are_delivered_after_it(harness: TopicHarness) -> None:
    member = join_and_start(harness)
    harness.fill(0, 3)
    until(lambda: member.received == 3, member)
    member.source.pause()
    harness.fill(0, 3)
    poll_quietly(member)
    assert member.received == 3
    member.source.resume()
    until(lambda: member.received == 6, member)
    assert member.offsets(0) == list(range(6))


def test_a_partition_started_during_a_pause_delivers_after_it(harness: TopicHarness) -> None:
    harness.fill(0, 3)
    member = join_alone(harness)
    member.source.pause()
    member.source.start_partition(0, 0)
    poll_quietly(member)
    assert member.received == 0
    member.source.resume()
    until(lambda: member.received == 3, member)
    assert member.offsets(0) == [0, 1, 2]


def test_a_rebalance_revokes_only_the_partitions_that_move(harness: TopicHarness) -> None:
    for partition in ALL:
        harness.fill(partition, 2)
    old = join_and_start(harness)
    until(lambda: old.received == 8, old)
    new = GroupMember(harness.join())
    until(lambda: new.owned and not old.owned & new.owned, old, new)
    until(lambda: old.owned | new.owned == ALL, old, new)
    assert set(old.lost) == set(new.gained) == new.owned
    assert old.evicted == [], "revoked, so that it may publish first"
    assert sorted(old.gained) == sorted(ALL), "what it kept was not assigned again"
    assert new.received == 0, "not started"

    for partition in new.owned:
        new.source.start_partition(partition, 1)
    for partition in ALL:
        harness.append(partition, b"news")
    until(lambda: old.received >= 8 + len(old.owned) and new.received >= 2 * len(new.owned), old, new)
    assert all(old.offsets(partition) == [0, 1, 2] for partition in old.owned), (
        "what it kept is still delivered"
    )
    assert all(new.offsets(partition) == [1, 2] for partition in new.owned)


def test_a_member_that_leaves_gives_its_partitions_to_the_others(harness: TopicHarness) -> None:
    first, second = GroupMember(harness.join()), GroupMember(harness.join())
    until(lambda: first.owned and second.owned and first.owned | second.owned == ALL, first, second)
    moving = set(first.owned)
    first.source.close()
    until(lambda: second.owned == ALL, second)
    assert set(second.gained[-len(moving) :]) == moving
    assert second.lost == [] or not set(second.lost) & (ALL - moving)


def test_a_member_can_commit(harness: TopicHarness) -> None:
    member = join_and_start(harness)
    assert harness.committed(0) is None
    assert member.source.commit({0: 7, 1: 3})
    assert (harness.committed(0), harness.committed(1)) == (7, 3)
    assert member.source.commit({0: 8})
    assert (harness.committed(0), harness.committed(1)) == (8, 3)


def test_an_evicted_member_cannot_commit_and_its_next_poll_reports_the_loss(
    strict_harness: TopicHarness,
) -> None:
    zombie = GroupMember(strict_harness.join(SHORT_POLL_INTERVAL_MS))
    until(lambda: zombie.owned == ALL, zombie)
    for partition in ALL:
        zombie.source.start_partition(partition, 0)
    assert zombie.source.commit(dict.fromkeys(ALL, 1))
    rival = GroupMember(strict_harness.join())
    strict_harness.evict(zombie.source, rival.source)
    assert not zombie.source.commit(dict.fromkeys(ALL, 5))
    assert all(strict_harness.committed(partition) == 1 for partition in ALL)
    zombie.poll()
    until(lambda: set(zombie.lost) >= ALL - zombie.owned, zombie, rival)
    assert zombie.evicted, "lost, not revoked: others have them"
    until(lambda: zombie.gained[PARTITIONS:], zombie, rival)
    assert zombie.source.commit({min(zombie.owned): 6}), "it is a member again"


def test_a_partition_that_was_lost_cannot_be_started(harness: TopicHarness) -> None:
    old = join_and_start(harness)
    new = GroupMember(harness.join())
    until(lambda: old.owned and new.owned and old.owned | new.owned == ALL, old, new)
    moved = min(new.owned)
    harness.fill(moved, 2)
    old.source.start_partition(moved, 0)
    poll_quietly(old, new)
    assert old.received == 0


def test_bounds_are_the_logs_start_and_end(strict_harness: TopicHarness) -> None:
    source = strict_harness.join()
    strict_harness.fill(0, 10)
    assert source.fetch_bounds({0, 1}) == {0: Bounds(0, 10, 10), 1: Bounds(0, 0, 0)}
    strict_harness.delete_before(0, 4)
    assert source.fetch_bounds({0}) == {0: Bounds(4, 10, 10)}


def test_lags_are_known_for_partitions_that_are_read(harness: TopicHarness) -> None:
    harness.fill(0, 10)
    member = join_alone(harness)
    assert member.source.compute_lags() == {}
    member.source.start_partition(0, 4)
    until(lambda: member.received == 6, member)
    assert member.source.compute_lags() == {0: 0}
    harness.fill(0, 5)
    until(lambda: member.received == 8, member, limit=2)
    assert member.source.compute_lags() == {0: 3}
    until(lambda: member.received == 11, member)
    assert member.source.compute_lags() == {0: 0}


def test_lags_of_lost_partitions_are_not_reported(harness: TopicHarness) -> None:
    old = join_and_start(harness)
    until(lambda: old.source.compute_lags().keys() == ALL, old)
    new = GroupMember(harness.join())
    until(lambda: old.owned and new.owned and old.owned | new.owned == ALL, old, new)
    assert old.source.compute_lags().keys() == old.owned


def test_fetched_progress_includes_partitions_that_are_not_read(strict_harness: TopicHarness) -> None:
    member = join_alone(strict_harness)
    member.source.start_partition(0, 0)
    member.source.pause()
    strict_harness.fill(0, 5)
    strict_harness.fill(1, 2)
    assert 1 not in member.source.compute_lags()
    assert member.source.fetch_progress() == {
        0: ReadProgress(0, 5, 5),
        1: ReadProgress(0, 2, 2),
        2: ReadProgress(0, 0, 0),
        3: ReadProgress(0, 0, 0),
    }


def test_the_groups_lag_includes_partitions_that_no_member_has_begun(strict_harness: TopicHarness) -> None:
    for partition, count in ((0, 10), (1, 4), (3, 5)):
        strict_harness.fill(partition, count)
    strict_harness.delete_before(3, 2)
    member = join_alone(strict_harness)
    assert member.source.fetch_group_lag() == 10 + 4 + 3
    assert member.source.commit({0: 7, 1: 4})
    assert member.source.fetch_group_lag() == 3 + 3
    strict_harness.add_partitions(1)
    until(lambda: member.source.count_partitions() == PARTITIONS + 1, member)
    strict_harness.fill(PARTITIONS, 2)
    assert member.source.fetch_group_lag() == 3 + 3 + 2


def test_the_number_of_partitions_is_known(harness: TopicHarness) -> None:
    assert join_alone(harness).source.count_partitions() == PARTITIONS


def test_a_member_outside_the_group_fetches_no_progress(strict_harness: TopicHarness) -> None:
    member = GroupMember(strict_harness.join(SHORT_POLL_INTERVAL_MS))
    until(lambda: member.source.fetch_progress() is not None, member)
    rival = GroupMember(strict_harness.join())
    strict_harness.evict(member.source, rival.source)
    until(lambda: member.source.fetch_progress() is None, rival)


def test_a_partition_started_before_its_logs_start_is_assigned_again(
    strict_harness: TopicHarness,
) -> None:
    strict_harness.fill(0, 10)
    strict_harness.delete_before(0, 6)
    member = join_alone(strict_harness)
    member.source.start_partition(0, 2)
    until(lambda: member.lost, member)
    assert member.lost == [0]
    assert member.owned == ALL
    assert sorted(member.gained[PARTITIONS:]) == [0]
    poll_quietly(member)
    assert (member.received, member.lost) == (0, [0]), "nothing until it is started again"
    member.source.start_partition(0, 6)
    until(lambda: member.received == 4, member)
    assert member.offsets(0) == [6, 7, 8, 9]


def test_a_partition_whose_position_is_deleted_during_a_pause_is_assigned_again(
    strict_harness: TopicHarness,
) -> None:
    member = join_and_start(strict_harness)
    member.source.pause()
    strict_harness.fill(0, 10)
    strict_harness.delete_before(0, 6)
    poll_quietly(member)
    member.source.resume()
    until(lambda: member.lost == [0] and member.owned == ALL, member)
    member.source.start_partition(0, 6)
    until(lambda: member.received == 4, member)
    assert member.offsets(0) == [6, 7, 8, 9]


def test_a_start_beyond_the_logs_end_is_refused(strict_harness: TopicHarness) -> None:
    """Parquet has records that Kafka does not: another cluster, or one that lost data."""
    strict_harness.fill(1, 3)
    member = join_alone(strict_harness)
    member.source.start_partition(1, 5)
    with pytest.raises(
        DataRefused, match=f"{member.source.topic}-1: the Parquet chain ends at offset 5, .* ends at offset 3"
    ):
        until(lambda: False, member)


def test_added_partitions_are_noticed_within_seconds(strict_harness: TopicHarness) -> None:
    member = join_and_start(strict_harness)
    strict_harness.add_partitions(2)
    until(lambda: member.owned == {*ALL, 4, 5}, member)
    assert member.source.count_partitions() == PARTITIONS + 2
    strict_harness.fill(5, 3)
    assert (member.source.fetch_progress() or {})[5].lag == 3, "known before it is started"
    member.source.start_partition(5, 0)
    until(lambda: member.offsets(5) == [0, 1, 2], member)


@pytest.mark.parametrize("records", [0, 5, 10, 20])
def test_no_record_of_a_topic_made_anew_is_delivered(strict_harness: TopicHarness, records: int) -> None:
    """A member that froze, or waited for a dependency, would continue at its old offset."""
    strict_harness.fill(1, 10)
    member = join_and_start(strict_harness)
    until(lambda: member.received == 10, member)
    strict_harness.recreate_topic()
    strict_harness.fill(1, records)
    with pytest.raises(DataRefused, match=f"topic '{member.source.topic}' was deleted and made again"):
        until(lambda: False, member)
    assert member.received == 10
    with pytest.raises(DataRefused, match="was deleted and made again"):
        member.source.fetch_bounds({1})
