"""Which days are closed, and which of their files belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.contracts.scored_row import Totals
from badbuzz.errors import DataRefused
from worker.chain.files import FilesMerged
from worker.chain.port import ChainEnd
from worker.compact.plan import CompactionPlan, MergeGroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from worker.chain.chain_file import ChainFile
    from worker.chain.files import ChainFiles
    from worker.chain.origin import Origin

_WORTH_IT = 2
"""Files that it takes to merge."""


def find_open_partitions(chains: Mapping[int, Sequence[ChainFile]]) -> dict[date, tuple[int, ...]]:
    """Map each day, oldest first, to the partitions that hold it open; none do if it is closed.

    Days never fall along a chain. So a day is over for a partition, whatever the clock says, once its last file is of
    a later day: a worker may be days behind.
    """
    days = sorted({file.day for chain in chains.values() for file in chain})
    last = {partition: chain[-1].day for partition, chain in chains.items()}
    return {day: tuple(partition for partition in sorted(last) if last[partition] == day) for day in days}


class Planner:
    """Makes plans from a listing of the chains, and the footers of what is in it."""

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
        """CompactionPlan a closed day: groups of files that have ``target_bytes`` together, or are all that is left.

        :raises DataRefused: if the day's files do not join on to each other and to those around them.
        """
        groups = [
            self._group(chain, start, end)
            for chain in self._chains.values()
            for start, end in find_file_runs(chain, day, self._target_bytes)
        ]
        return CompactionPlan(topic=topic, day=day, groups=tuple(groups))

    def _group(self, chain: Sequence[ChainFile], start: int, end: int) -> MergeGroup:
        before = link = self._before(chain, start)
        for file in chain[start:end]:
            self._insist(file, link.end_offset)
            footer = self._files.read_footer(file)
            if footer.topic_id != link.topic_id:
                raise DataRefused(f"{file.path}: of the topic with id {footer.topic_id}, not {link.topic_id}")
            link = ChainEnd(footer.end_offset, footer.totals, footer.topic_id)
        self._insist(chain[end], link.end_offset)
        return MergeGroup(
            partition=chain[start].partition,
            topic_id=link.topic_id,
            first_offset=before.end_offset,
            end_offset=link.end_offset,
            before=before.totals,
            after=link.totals,
            files=tuple(file.path for file in chain[start:end]),
        )

    def _before(self, chain: Sequence[ChainFile], start: int) -> ChainEnd:
        if start:
            footer = self._files.read_footer(chain[start - 1])
            return ChainEnd(footer.end_offset, footer.totals, footer.topic_id)
        origin = self._origins.get(chain[0].partition)
        if origin is None:
            raise DataRefused(f"{chain[0].path}: a file of a chain that has no origin; see `badbuzz verify`")
        return ChainEnd(origin.start_offset, Totals(), origin.topic_id)

    def _insist(self, file: ChainFile, begins_at: int) -> None:
        """Raise unless ``file`` is the next of the chain."""
        if file.first_offset == begins_at:
            return
        problem = f"{file.path}: begins at offset {file.first_offset}, the file before it ends at {begins_at}"
        if self._files.has_offset(file.partition, begins_at) and file.first_offset > begins_at:
            raise FilesMerged(problem)
        raise DataRefused(f"{problem}; see `badbuzz verify`")


def find_file_runs(chain: Sequence[ChainFile], day: date, target_bytes: int) -> Iterator[tuple[int, int]]:
    """Find the slices of ``chain`` to be merged: plain files of a closed ``day``, two at least, until they reach the target."""
    start, size = 0, 0
    for index, file in enumerate(chain):
        if file.day != day or file.end_offset is not None or size >= target_bytes:
            if index - start >= _WORTH_IT:
                yield start, index
            start, size = index, 0
        if file.day != day or file.end_offset is not None:
            start = index + 1
            continue
        size += file.size
