"""A compaction: merges the files of every closed day and deletes superseded ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.errors import DataRefused
from worker.chain.chain_files import ChainFiles, FilesMerged
from worker.chain.internal.older_layout import move_internal_files
from worker.chain.internal.origin import read_origins
from worker.chain.internal.stored_plan import build_plan_path, claim_plan, read_plan
from worker.compact.day_planner import Planner, find_open_partitions
from worker.compact.publish import delete_superseded, publish_merged_file, swap_day_folder
from worker.compact.report import CompactionReport, DayReport, FileTotals
from worker.compact.staging import open_staging_folder, remove_abandoned_folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from badbuzz.clients.scored_store import ScoredStore
    from worker.chain.chain_file import ChainFile
    from worker.chain.internal.stored_plan import CompactionPlan, MergeGroup
    from worker.compact.staging import StagedFile

_ATTEMPTS = 10
"""Attempts at a day that other processes compact at the same time."""


class Compaction:
    """Compacts ``topic``'s chains under the root of ``store`` into files of about ``target_bytes``."""

    def __init__(self, store: ScoredStore, topic: str, target_bytes: int) -> None:
        self._store = store
        self._topic = topic
        self._target_bytes = target_bytes
        self._files = ChainFiles(store.rows, topic)
        self._origins = read_origins(store, topic)
        self._list()

    def run(self, only: date | None = None, *, dry_run: bool = False) -> CompactionReport:
        """Compact all closed days, oldest first, or ``only`` that one. A refused day does not stop the others.

        :raises Retry: if the storage is unavailable, or other compactions interfere with every attempt.
        """
        if not dry_run:
            remove_abandoned_folders(self._store)
            move_internal_files(self._store)
        days = find_open_partitions(self._chains)
        wanted = [day for day in days if only in {None, day}]
        reports = [
            self._report_open(day, days[day]) if days[day] else self._compact_day(day, dry_run)
            for day in wanted
        ]
        return CompactionReport(self._topic, tuple(reports))

    def _report_open(self, day: date, held_by: tuple[int, ...]) -> DayReport:
        amount = _add_up(self._files_of(day))
        return DayReport(day, "open", amount, amount, held_by=held_by)

    def _compact_day(self, day: date, dry_run: bool) -> DayReport:  # noqa: FBT001 - handed on
        before = _add_up(self._files_of(day))
        for _ in range(_ATTEMPTS):
            try:
                return self._attempt(day, before, dry_run=dry_run)
            except FilesMerged:
                self._list()
            except DataRefused as error:
                return DayReport(day, "refused", before, before, problem=str(error))
        raise FilesMerged(f"{day}: gave up after {_ATTEMPTS} attempts")

    def _attempt(self, day: date, before: FileTotals, *, dry_run: bool) -> DayReport:
        # The plan is read after the listing: if there is no plan, no compaction had begun when the day was listed.
        plan = read_plan(self._store, self._topic, day) or self._new_plan(day, claim=not dry_run)
        present = {file.path for file in self._files_of(day)}
        groups = [group for group in plan.groups if plan.build_merged_path(group) not in present]
        superseded = [file for file in self._superseded if file.day == day]
        if not groups and not superseded:
            return DayReport(day, "done", before, before)
        rows = sum(group.after.rows - group.before.rows for group in groups)
        if dry_run:
            return DayReport(day, "to do", before, _estimate_after(before, groups, superseded), rows)
        in_one_step = self._merge(plan, groups) if groups else None
        delete_superseded(self._store.rows, self._files, plan)
        after = _add_up(self._files.list_folder(plan.folder))
        return DayReport(day, "compacted", before, after, rows, in_one_step=in_one_step)

    def _new_plan(self, day: date, *, claim: bool) -> CompactionPlan:
        planner = Planner(self._files, self._chains, self._origins, self._target_bytes)
        plan = planner.plan(self._topic, day)
        return claim_plan(self._store, plan) if claim and plan.groups else plan

    def _merge(self, plan: CompactionPlan, groups: Sequence[MergeGroup]) -> bool:
        """Merge and publish. Return True if all merged files became visible in one step."""
        with open_staging_folder(self._store) as staging:
            staged_files = (
                staging.merge_group(self._files, self._originals(plan, group), group, plan)
                for group in groups
            )
            if staging.root is None:
                self._publish_each(plan, staged_files)
                return False
            staged = list(staged_files)
            in_one_step = swap_day_folder(staging, plan, staged)
            if not in_one_step:
                self._publish_each(plan, staged)
            return in_one_step

    def _publish_each(self, plan: CompactionPlan, staged_files: Iterable[StagedFile]) -> None:
        for staged in staged_files:
            publish_merged_file(self._store.rows, staged)
            delete_superseded(self._store.rows, self._files, plan)
            staged.file.unlink()

    def _originals(self, plan: CompactionPlan, group: MergeGroup) -> list[ChainFile]:
        listed = {file.path: file for file in self._files_of(plan.day)}
        if lost := sorted(set(group.files) - listed.keys()):
            problem = f"{lost[0]}: to be merged by {build_plan_path(plan.topic, plan.day)}, but gone"
            # A compaction deletes only after it published: if it deleted this file, a new listing shows the merged one.
            if plan.build_merged_path(group) in {file.path for file in self._files.list_folder(plan.folder)}:
                raise FilesMerged(problem)
            raise DataRefused(f"{problem}; restore it from a backup")
        return [listed[path] for path in group.files]

    def _files_of(self, day: date) -> list[ChainFile]:
        files = [file for chain in self._chains.values() for file in chain]
        return [file for file in (*files, *self._superseded) if file.day == day]

    def _list(self) -> None:
        self._chains, self._superseded = self._files.list_all_and_superseded()


def _add_up(files: Sequence[ChainFile]) -> FileTotals:
    return FileTotals(len(files), sum(file.size for file in files))


def _estimate_after(
    before: FileTotals, groups: Sequence[MergeGroup], superseded: Sequence[ChainFile]
) -> FileTotals:
    merged = sum(len(group.files) - 1 for group in groups)
    return FileTotals(before.files - merged - len(superseded), before.bytes - _add_up(superseded).bytes)
