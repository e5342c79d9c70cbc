"""Walks while files are merged: what looks broken may only have moved, so it is looked up again before it is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.chain.files import FilesMerged
from worker.verify.chain_check import check_chain, compare_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.chain.chain_file import ChainFile
    from worker.chain.coverage import OffsetProblem
    from worker.chain.files import ChainFiles
    from worker.chain.origin import Origin
    from worker.verify.chain_check import CheckedChain
    from worker.verify.topic import TopicReader

_ATTEMPTS = 10
"""A compaction takes a partition's files of one day away at a time, which takes it longer than us to look again."""


def check_chain_until_stable(files: ChainFiles, origin: Origin, listed: Sequence[ChainFile]) -> CheckedChain:
    """CheckedChain; if that fails, walk again until two listings show the same files.

    :raises FilesMerged: if they never do.
    """
    for _ in range(_ATTEMPTS):
        try:
            found = check_chain(files, origin, listed)
        except FilesMerged:
            listed = _relisted(files, listed)
            continue
        if not found.broken or (again := _relisted(files, listed)) == listed:
            return found
        listed = again
    raise FilesMerged(f"{origin.topic}-{origin.partition}: gave up after {_ATTEMPTS} walks")


def compare_ids_until_stable(
    files: ChainFiles, proven: CheckedChain, topic: TopicReader, log_start: int
) -> OffsetProblem | None:
    """Compare ids as :func:`compare_ids` does; if files are merged meanwhile, prove the new ones and begin again.

    :raises FilesMerged: if they are merged again and again.
    """
    for _ in range(_ATTEMPTS):
        try:
            return compare_ids(files, proven, topic, log_start)
        except FilesMerged:
            proven = check_chain_until_stable(files, proven.origin, _relisted(files, proven.files))
            if proven.broken:
                return proven.broken
    raise FilesMerged(
        f"{proven.origin.topic}-{proven.origin.partition}: gave up after {_ATTEMPTS} comparisons"
    )


def _relisted(files: ChainFiles, listed: Sequence[ChainFile]) -> list[ChainFile]:
    """List one partition again, as far as ``listed`` went."""
    if not listed:
        return []
    last = listed[-1]
    return [
        file for file in files.iterate_newest_first(last.partition) if file.first_offset <= last.first_offset
    ][::-1]
