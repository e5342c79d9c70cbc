"""The whole topic: rewritten logs, skipped records, and partitions that no worker has begun."""

from __future__ import annotations

import pytest

from badbuzz.contracts.scored_row import Totals
from worker.chain.coverage import OffsetProblem
from worker.chain.internal.origin import Origin
from worker.chain.internal.topic_record import TopicRecord
from worker.chain.port import ChainEnd
from worker.verify.chain_check import CheckedChain
from worker.verify.topic_check import (
    compute_lag,
    describe_unclaimed,
    describe_unscored_starts,
    find_rewritten,
    find_skipped,
)
from worker.verify.topic_reader import Backlog


def make_chain(start: int, end: int, partition: int = 0) -> CheckedChain:
    origin = Origin(topic="tweets", topic_id="id", partition=partition, start_offset=start)
    return CheckedChain(origin, (), ChainEnd(end, Totals(), "id"), (), 0, 0, (), None)


def make_backlog(start: int, end: int, *, waiting: bool = True, common_end: int | None = None) -> Backlog:
    return Backlog(start, end, end, waiting, common_end)


@pytest.mark.parametrize(
    ("log_end", "common_end", "offset"),
    [(10, None, None), (12, None, None), (12, 10, None), (9, None, 9), (0, 0, 0), (12, 9, 9), (12, 0, 0)],
)
def test_a_log_that_lacks_records_of_the_chain_is_found(
    log_end: int, common_end: int | None, offset: int | None
) -> None:
    found = find_rewritten(make_chain(0, 10), make_backlog(0, log_end, common_end=common_end))
    assert (found and found.offset) == offset


@pytest.mark.parametrize(
    ("partition", "start", "log_start", "skipped"),
    [
        (3, 46, 0, False),
        (4, 46, 0, True),
        (4, 46, 45, True),
        (4, 46, 46, False),
        (4, 0, 0, False),
        (4, 5, 9, False),
    ],
)
def test_a_partition_that_was_added_later_may_skip_nothing(
    partition: int, start: int, log_start: int, *, skipped: bool
) -> None:
    record = TopicRecord(topic="tweets", topic_id="id", partitions=4)
    chain, backlog = make_chain(start, start, partition), make_backlog(log_start, 50)
    found = find_skipped(chain, backlog, record)
    assert (found is not None) == skipped
    assert not isinstance(found, OffsetProblem) or found.offset == log_start
    assert find_skipped(chain, backlog, None) is None, "folders of older versions have no record"


def test_partitions_without_a_chain_are_named_if_they_have_records() -> None:
    backlogs = {0: make_backlog(0, 5), 1: make_backlog(0, 7), 2: make_backlog(3, 3, waiting=False)}
    (line,) = describe_unclaimed({0: make_chain(0, 0)}, backlogs)
    assert line.startswith("partition 1: has records and no chain")


def test_records_before_a_chain_are_noted() -> None:
    chains = {0: make_chain(46, 50), 1: make_chain(3, 9, partition=1)}
    (note,) = describe_unscored_starts("tweets", chains, {0: make_backlog(2, 50), 1: make_backlog(3, 9)})
    assert note.startswith("tweets-0: offsets 2 to 45 are older than the chain")


def test_the_lag_counts_from_the_chains_end_or_the_logs_start() -> None:
    assert compute_lag(make_chain(0, 4), make_backlog(0, 10)) == 6
    assert compute_lag(make_chain(0, 4), make_backlog(7, 10)) == 3
    assert compute_lag(None, make_backlog(2, 10)) == 8
    assert compute_lag(None, make_backlog(2, 10, waiting=False)) == 0
