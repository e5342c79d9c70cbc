"""Finds closed days, and plans which of their files to merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.contracts.scored_row import Totals
from badbuzz.errors import DataRefused
from worker.chain.catch_up import explain_hole
from worker.chain.internal.stored_plan import CompactionPlan, MergeGroup
from worker.chain.port import ChainEnd

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from worker.chain.chain_file import ChainFile
    from worker.chain.chain_files import ChainFiles
    from worker.chain.internal.origin import Origin

_FILES_TO_MERGE = 2
"""The smallest number of files worth merging."""


def find_open_partitions(chains: Mapping[int, Sequence[ChainFile]]) -> dict[date, tuple[int, ...]]:
    """Map each day, oldest first, to the partitions that keep it open. A closed day has no such partition.

    Days never fall along a chain, so a day is over for a partition once its last file belongs to a later day. The
    clock cannot tell, because a worker may be days behind.
    """
    days = sorted({file.day for chain in chains.values() for file in chain})
    last = {partition: chain[-1].day for partition, chain in chains.items()}
    return {day: tuple(partition for partition in sorted(last) if last[partition] == day) for day in days}


class Planner:
    """Makes plans from a listing of the chains and the footers of the listed files."""

    def __init__(
        self,
        files: ChainFiles,
        chains: Mapping[int, Sequence[ChainFile]],
        origins: Mapping[int, Origin],
        target_bytes: int,
    ) -> None:
        self._files = files
        self._chains = chains
        self._origins = origins
        self._target_bytes = target_bytes

    def plan(self, topic: str, day: date) -> CompactionPlan:
        """Plan a closed day: groups of files of ``target_bytes`` together, or of all remaining files.

        :raises DataRefused: if a file does not begin where the one before it ends.
        """
        groups = [
            self._plan_group(chain, start, end)
            for chain in self._chains.values()
            for start, end in find_file_runs(chain, day, self._target_bytes)
        ]
        return CompactionPlan(topic=topic, day=day, groups=tuple(groups))

    def _plan_group(self, chain: Sequence[ChainFile], start: int, end: int) -> MergeGroup:
        before = chain_end = self._find_end_before(chain, start)
        for file in chain[start:end]:
            self._check_start(file, chain_end.end_offset)
            footer = self._files.read_footer(file)
            if footer.topic_id != chain_end.topic_id:
                raise DataRefused(
                    f"{file.path}: belongs to topic id {footer.topic_id}; its chain belongs to topic id "
                    f"{chain_end.topic_id}"
                )
            chain_end = ChainEnd(footer.end_offset, footer.totals, footer.topic_id)
        self._check_start(chain[end], chain_end.end_offset)
        return MergeGroup(
            partition=chain[start].partition,
            topic_id=chain_end.topic_id,
            first_offset=before.end_offset,
            end_offset=chain_end.end_offset,
            before=before.totals,
            after=chain_end.totals,
            files=tuple(file.path for file in chain[start:end]),
        )

    def _find_end_before(self, chain: Sequence[ChainFile], start: int) -> ChainEnd:
        if start:
            footer = self._files.read_footer(chain[start - 1])
            return ChainEnd(footer.end_offset, footer.totals, footer.topic_id)
        origin = self._origins.get(chain[0].partition)
        if origin is None:
            raise DataRefused(
                f"{chain[0].path}: its chain has no origin; compare BADBUZZ_SCORED__CHAIN_URL with that of the workers, and see "
                "`badbuzz verify`"
            )
        return ChainEnd(origin.start_offset, Totals(), origin.topic_id)

    def _check_start(self, file: ChainFile, begins_at: int) -> None:
        """Raise if ``file`` is not the next one of the chain."""
        if file.first_offset != begins_at:
            raise explain_hole(self._files, file, begins_at)


def find_file_runs(chain: Sequence[ChainFile], day: date, target_bytes: int) -> Iterator[tuple[int, int]]:
    """Find the index ranges of ``chain`` to merge: at least two plain files of a closed ``day``, up to the target size."""
    start, size = 0, 0
    for index, file in enumerate(chain):
        if file.day != day or file.end_offset is not None or size >= target_bytes:
            if index - start >= _FILES_TO_MERGE:
                yield start, index
            start, size = index, 0
        if file.day != day or file.end_offset is not None:
            start = index + 1
            continue
        size += file.size
