"""What the names of a topic's files tell, without opening one: whose they are, and which of them count."""

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

    ``end_offset`` is known of merged files only; those supersede the plain files within their range.
    """

    partition: int
    first_offset: int
    day: date
    path: str
    size: int
    end_offset: int | None = None


def parse_chain_file(topic: str, path: str, size: int) -> ChainFile | None:
    """Describe the file at ``path``; None if it is not one of ``topic``'s chains."""
    name = parse_path(path)
    if name is None or name.topic != topic:
        return None
    return ChainFile(name.partition, name.first_offset, name.day, path, size, name.end_offset)


def separate_superseded(files: Iterable[ChainFile]) -> tuple[list[ChainFile], list[ChainFile]]:
    """Sort ``files`` by partition and offset, and set those apart that are void because a merged file covers them.

    A plain file's beginning decides. Where the void one ends does not matter: a worker that slept through a
    compaction may have published it in a name that had become free again, with an end of its own.
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
