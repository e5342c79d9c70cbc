"""The files of a topic's chains, as their names describe them, and which of these files are valid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from badbuzz.contracts.scored_row import parse_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class ChainFile:
    """One published file, as its name describes it. Files sort by partition and offset.

    Only merged files have an ``end_offset``. They supersede the plain files that begin within their range.
    """

    partition: int
    first_offset: int
    day: date
    path: str
    size: int
    end_offset: int | None = None


def parse_chain_file(topic: str, path: str, size: int) -> ChainFile | None:
    """Describe the file at ``path``; None if it does not belong to one of ``topic``'s chains."""
    name = parse_path(path)
    if name is None or name.topic != topic:
        return None
    return ChainFile(name.partition, name.first_offset, name.day, path, size, name.end_offset)


def separate_superseded(files: Iterable[ChainFile]) -> tuple[list[ChainFile], list[ChainFile]]:
    """Sort ``files`` by partition and offset; return the valid ones and those that a merged file supersedes.

    A plain file is superseded if it begins within a merged file's range. Its end does not matter: a worker that was
    frozen during a compaction may have reused a freed name for a file with another end.
    """
    valid, superseded = [], []
    partition, covered = -1, 0
    for file in sorted(files, key=_merged_before_plain):
        if file.end_offset is None and (file.partition, file.first_offset) < (partition, covered):
            superseded.append(file)
            continue
        valid.append(file)
        if file.end_offset is not None:
            partition, covered = file.partition, file.end_offset
    return valid, superseded


def _merged_before_plain(file: ChainFile) -> tuple[int, int, bool, str]:
    return file.partition, file.first_offset, file.end_offset is None, file.path
