"""Repeats checks that a compaction may have disturbed: a file that seems to be missing may only have been merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.chain.chain_files import FilesMerged
from worker.verify.chain_check import check_chain, compare_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.chain.chain_file import ChainFile
    from worker.chain.chain_files import ChainFiles
    from worker.chain.coverage import OffsetProblem
    from worker.chain.internal.origin import Origin
    from worker.verify.chain_check import CheckedChain
    from worker.verify.topic_reader import TopicReader

_ATTEMPTS = 10
"""A compaction deletes a partition's files of one day at a time. That takes longer than a repeated check."""


def check_chain_until_stable(
    files: ChainFiles, origin: Origin, listed: Sequence[ChainFile], *, deep: bool = False
) -> CheckedChain:
    """Check a chain. If a problem is found, check again until two listings show the same files.

    :raises FilesMerged: if the listings keep changing.
    """
    for _ in range(_ATTEMPTS):
        try:
            found = check_chain(files, origin, listed, deep=deep)
        except FilesMerged:
            listed = _list_again(files, listed)
            continue
        if not found.problem or (again := _list_again(files, listed)) == listed:
            return found
        listed = again
    raise FilesMerged(f"{origin.topic}-{origin.partition}: gave up after {_ATTEMPTS} checks")


def compare_ids_until_stable(
    files: ChainFiles, chain: CheckedChain, topic: TopicReader, log_start: int, *, is_compacted: bool = False
) -> OffsetProblem | None:
    """Compare ids like :func:`compare_ids`. If files are merged meanwhile, check the new ones and start again.

    :raises FilesMerged: if files keep being merged.
    """
    for _ in range(_ATTEMPTS):
        try:
            return compare_ids(files, chain, topic, log_start, is_compacted=is_compacted)
        except FilesMerged:
            chain = check_chain_until_stable(files, chain.origin, _list_again(files, chain.files))
            if chain.problem:
                return chain.problem
    raise FilesMerged(f"{chain.origin.topic}-{chain.origin.partition}: gave up after {_ATTEMPTS} comparisons")


def _list_again(files: ChainFiles, listed: Sequence[ChainFile]) -> list[ChainFile]:
    """List one partition again, up to the last file of ``listed``."""
    if not listed:
        return []
    last = listed[-1]
    return [
        file for file in files.iterate_newest_first(last.partition) if file.first_offset <= last.first_offset
    ][::-1]
