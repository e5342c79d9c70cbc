"""Plans: write-once objects that all compactions of a day follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.contracts.scored_row import Totals
from badbuzz.errors import DataRefused
from tests.worker.compact.sample_chains import DAY, FIRST_MERGED
from worker.chain.internal.stored_plan import (
    CompactionPlan,
    MergeGroup,
    build_plan_path,
    claim_plan,
    read_plan,
)

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore


def make_plan(end_offset: int) -> CompactionPlan:
    group = MergeGroup(
        partition=0,
        topic_id="id",
        first_offset=0,
        end_offset=end_offset,
        before=Totals(),
        after=Totals(rows=end_offset),
        files=("a", "b"),
    )
    return CompactionPlan(topic="tweets", day=DAY, groups=(group,))


def test_the_first_plan_of_a_day_is_stored(store: ScoredStore) -> None:
    assert read_plan(store, "tweets", DAY) is None
    assert claim_plan(store, make_plan(30)) == make_plan(30)
    assert claim_plan(store, make_plan(40)) == make_plan(30)
    assert read_plan(store, "tweets", DAY) == make_plan(30)


def test_paths_are_part_of_the_format() -> None:
    plan = make_plan(30)
    assert build_plan_path("tweets", DAY) == "compactions/tweets/2026-03-14.json"
    assert (plan.folder, plan.build_merged_path(plan.groups[0])) == ("dt=2026-03-14", FIRST_MERGED)


def test_an_unreadable_plan_is_refused(store: ScoredStore) -> None:
    store.internal.put(build_plan_path("tweets", DAY), b'{"topic": "tweets"}')
    with pytest.raises(DataRefused, match=r"internal file compactions/tweets/2026-03-14\.json: unreadable"):
        read_plan(store, "tweets", DAY)
