"""The plan of a day's compaction: a write-once object that every compaction of that day follows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel

from badbuzz.contracts.scored_row import Totals, build_file_path
from worker.chain.internal.older_layout import claim_internal_object, read_internal_object

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore


PLANS_FOLDER = "compactions"


class MergeGroup(BaseModel, frozen=True):
    """Consecutive files of one partition that are merged into one. ``before`` and ``after`` are the chain's totals there."""

    partition: int
    topic_id: str
    first_offset: int
    end_offset: int
    before: Totals
    after: Totals
    files: tuple[str, ...]


class CompactionPlan(BaseModel, frozen=True):
    """The groups of one day. Compactions that overlap follow one plan, and so write the same names with the same rows."""

    topic: str
    day: date
    groups: tuple[MergeGroup, ...]

    @property
    def folder(self) -> str:
        """The path of the day's folder, relative to the root."""
        return f"dt={self.day.isoformat()}"

    def build_merged_path(self, group: MergeGroup) -> str:
        """Return the path of the group's merged file."""
        return build_file_path(self.topic, group.partition, group.first_offset, self.day, group.end_offset)


def build_plan_path(topic: str, day: date) -> str:
    """Return the path of a day's plan in the internal store. It is in a folder, so that no origin can have this name."""
    return f"{PLANS_FOLDER}/{topic}/{day.isoformat()}.json"


def read_plan(store: ScoredStore, topic: str, day: date) -> CompactionPlan | None:
    """Read the plan of a day; None if it has none.

    :raises DataRefused: if it is unreadable.
    """
    return read_internal_object(store, build_plan_path(topic, day), CompactionPlan)


def claim_plan(store: ScoredStore, plan: CompactionPlan) -> CompactionPlan:
    """Store ``plan`` as the plan of its day unless there is one; return the stored plan."""
    return claim_internal_object(store, build_plan_path(plan.topic, plan.day), plan)
