"""Bounds of counters: exact where nothing moves, and never so wide that a wrong count in a settled bucket passes."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.counters import (
    ALL_BRANDS,
    Buckets,
    CounterUpdate,
    Tally,
    build_bucket_key,
    build_totals_key,
)
from badbuzz.contracts.scored_row import Totals
from tests.worker.chain.segments import TOPIC, TOPIC_ID, make_segment
from worker.chain.stored_chain import StoredChain
from worker.counters.redis_sink import RedisCounters
from worker.counters.tally import tally_rows
from worker.verify.counter_bounds import CounterBounds, is_tally_within
from worker.verify.redis_counters import RedisCounterReader
from worker.verify.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from worker.chain.port import Segment
    from worker.verify.report import VerificationReport

BUCKETS = Buckets()
KEY = ("all", 0)
TALLIES = st.builds(Tally, *[st.integers(0, 3)] * 5)


@given(TALLIES, TALLIES, TALLIES)
def test_a_tally_is_within_if_each_number_is(certain: Tally, possible: Tally, found: Tally) -> None:
    bounds = CounterBounds()
    bounds.add({KEY: certain}, certain=True)
    bounds.add({KEY: possible}, certain=False)
    expected = all(
        low <= number <= low + more
        for low, number, more in zip(astuple(certain), astuple(found), astuple(possible), strict=True)
    )
    assert is_tally_within(bounds, KEY, found) == expected
    assert bounds.is_exact(KEY) == (possible == Tally())


class LiveTopic:
    """One partition: rows 0 to 19 are published an hour ago, 20 to 29 are pending. More rows follow, ten at a time."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self.store = open_scored_store("memory://")
        self.chain = StoredChain(self.store, TOPIC, TOPIC_ID)
        self.chain.claim_origin(0, 0)
        self.counters = RedisCounters(client, TOPIC)
        self.counters.open(TOPIC_ID, BUCKETS, partitions=1)
        self.counters.take_over([0])
        self.end, self.totals = 0, Totals()
        self.unpublished: list[Segment] = []
        self.advance(20, at=datetime.now(UTC) - timedelta(hours=1))
        self.publish()
        self.advance()

    def advance(self, rows: int = 10, at: datetime | None = None) -> None:
        """Count more rows."""
        segment = make_segment(self.end, self.end + rows, at=at or datetime.now(UTC), before=self.totals)
        tallies, totals = tally_rows(segment.table, BUCKETS)
        settled = self.unpublished[0].first_offset if self.unpublished else self.end
        update = CounterUpdate(
            0, self.end or None, segment.end_offset, settled=settled, tallies=tallies, totals=totals
        )
        self.counters.apply([update])
        self.unpublished.append(segment)
        self.end, self.totals = segment.end_offset, segment.totals

    def publish(self) -> None:
        """Publish and settle the oldest rows."""
        segment = self.unpublished.pop(0)
        assert self.chain.publish(segment)
        self.counters.touch({0: segment.end_offset})


@pytest.fixture
def live(redis_url: str) -> Iterator[LiveTopic]:
    with redis.Redis.from_url(redis_url) as client:
        yield LiveTopic(client)


def verify(
    live: LiveTopic, meanwhile: Callable[[], None] = lambda: None, *, complete: bool = False
) -> VerificationReport:
    """Verify while something happens before the tallies are read, after them, and before the chains are listed."""

    class Reader(RedisCounterReader):
        def fetch_tallies(self, buckets: Buckets) -> Any:
            meanwhile()
            found = super().fetch_tallies(buckets)
            meanwhile()
            return found

        def fetch_snapshot(self) -> Any:
            found = super().fetch_snapshot()
            meanwhile()
            return found

    return Verification(live.store, TOPIC, None, Reader(live.client, TOPIC)).run(
        deep=False, complete=complete
    )


def advance_and_publish(live: LiveTopic) -> None:
    live.advance()
    live.publish()


def test_pending_counts_are_compared_exactly(live: LiveTopic) -> None:
    report = verify(live)
    assert (report.verdict, report.exit_code) == ("clean", 0)
    assert report.notes == ("partition 0: counted up to 30, published up to 20",)
    assert "totals of 1 partitions equal to the rows" in report.proven[-1]
    complete = verify(live, complete=True)
    assert (complete.verdict, complete.exit_code) == ("unsettled", 75)


@pytest.mark.parametrize("step", [LiveTopic.advance, LiveTopic.publish, advance_and_publish])
def test_the_settled_part_is_proven_while_workers_run(
    live: LiveTopic, step: Callable[[LiveTopic], None]
) -> None:
    live.advance()
    live.advance()
    report = verify(live, lambda: step(live))
    assert (report.violations, report.unsettled) == ((), ())
    exact = int(next(proof for proof in report.proven if "live buckets" in proof).split()[1])
    assert exact >= 4, "two brands in at least two buckets, an hour ago"


@pytest.mark.parametrize("step", [lambda _: None, LiveTopic.advance, LiveTopic.publish, advance_and_publish])
@pytest.mark.parametrize("change", [-1, 1])
def test_a_wrong_count_in_a_settled_bucket_is_found_while_workers_run(
    live: LiveTopic, step: Callable[[LiveTopic], None], change: int
) -> None:
    live.advance()
    live.advance()
    keys: Any = live.client.keys(build_bucket_key(TOPIC, ALL_BRANDS, BUCKETS, 0).replace(":10:0", ":10:*"))
    live.client.hincrby(min(keys), "tweets", change)
    report = verify(live, lambda: step(live))
    assert report.exit_code == 65
    assert "counters of 'all' in the bucket of" in report.violations[0].problem


@pytest.mark.parametrize("step", [lambda _: None, LiveTopic.advance, advance_and_publish])
@pytest.mark.parametrize("change", [-1, 100])
def test_wrong_totals_are_found_while_workers_run(
    live: LiveTopic, step: Callable[[LiveTopic], None], change: int
) -> None:
    live.advance()
    live.advance()
    live.client.hincrby(build_totals_key(TOPIC, 0), "rejected", change)
    report = verify(live, lambda: step(live))
    assert report.exit_code == 65
    assert "totals: Redis has" in report.violations[0].problem


def test_counters_that_are_taken_over_meanwhile_are_not_compared(live: LiveTopic) -> None:
    def take_over() -> None:
        live.counters.take_over([0])

    report = verify(live, take_over)
    assert (report.exit_code, report.violations) == (75, ())
    assert "a worker took partitions over" in report.unsettled[0]
