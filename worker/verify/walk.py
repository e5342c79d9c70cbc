"""Walks a partition's chain from its origin, file by file, as far as it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from badbuzz.errors import DataRefused
from badbuzz.scored_row import NEGATIVE, Totals
from worker.chain.coverage import Break
from worker.verify.ids import first_mismatch
from worker.verify.links import FileFacts, Link, next_link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.scored_row import OffsetRange
    from worker.chain.files import ChainFile, ChainFiles
    from worker.chain.origin import Origin
    from worker.verify.topic import TopicReader


@dataclass(frozen=True, slots=True)
class Walk:
    """The proven part of a chain: ``files`` up to ``end``. ``broken`` says why it goes no further, if it should.

    ``rejected`` are the rejected offsets of that part; ``absent`` counts its offsets in gaps.
    """

    origin: Origin
    files: tuple[ChainFile, ...]
    end: Link
    rejected: tuple[OffsetRange, ...]
    absent: int
    broken: Break | None


def listing(files: ChainFiles) -> dict[int, list[ChainFile]]:
    """List each partition's files while others may be published.

    A listing can miss a file that appears while it runs and show a later one. The next listing has it; so of that one we
    take what is no later than the last file of the first.
    """
    latest = {partition: found[-1].first_offset for partition, found in files.all().items()}
    return {
        partition: [file for file in found if file.first_offset <= latest[partition]]
        for partition, found in files.all().items()
        if partition in latest
    }


def walk(files: ChainFiles, origin: Origin, listed: Sequence[ChainFile]) -> Walk:
    """Check ``listed``, in offset order, one after the other; memory holds one file's columns at a time."""
    link = Link(origin.start_offset, Totals(), origin.topic_id)
    rejected: list[OffsetRange] = []
    absent = 0
    for index, file in enumerate(listed):
        try:
            facts = _facts(files, file)
        except DataRefused as error:
            return Walk(
                origin,
                tuple(listed[:index]),
                link,
                tuple(rejected),
                absent,
                Break(file.first_offset, str(error)),
            )
        step = next_link(link, facts)
        if isinstance(step, Break):
            return Walk(origin, tuple(listed[:index]), link, tuple(rejected), absent, step)
        link = step
        rejected += facts.footer.rejected
        absent += sum(gap.end - gap.start for gap in facts.footer.gaps)
    return Walk(origin, tuple(listed), link, tuple(rejected), absent, None)


def compare_ids(files: ChainFiles, proven: Walk, topic: TopicReader, log_start: int) -> Break | None:
    """Compare the rows' ids with those of the topic's records, file by file, from ``log_start`` on."""
    for file in proven.files:
        footer = files.footer(file)
        start = max(footer.first_offset, log_start)
        if start >= footer.end_offset:
            continue
        table = files.table(file, ("offset", "id"))
        rows = dict(zip(table["offset"].to_pylist(), table["id"].to_pylist(), strict=True))
        records = topic.ids(file.partition, start, footer.end_offset)
        if broken := first_mismatch(rows, footer.rejected, records, log_start=log_start):
            return Break(broken.offset, f"{file.path}: {broken.problem}")
    return None


def _facts(files: ChainFiles, file: ChainFile) -> FileFacts:
    footer = files.footer(file)
    table = files.table(file, ("offset", "label", "topic", "partition"))
    stray = pc.or_(
        pc.not_equal(table["topic"], footer.topic), pc.not_equal(table["partition"], footer.partition)
    )
    strays = table["offset"].filter(stray)
    return FileFacts(
        path=file.path,
        first_offset=file.first_offset,
        footer=footer,
        offsets=table["offset"].to_numpy(),
        negative=pc.sum(pc.equal(table["label"], NEGATIVE)).as_py() or 0,
        stray=strays[0].as_py() if len(strays) else None,
    )
