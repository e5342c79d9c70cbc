"""Checks a partition's chain from its origin, file by file, up to the first problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from badbuzz.contracts.scored_row import NEGATIVE, SCHEMA, Totals
from badbuzz.errors import DataRefused
from worker.chain.catch_up import read_ranges
from worker.chain.coverage import OffsetProblem
from worker.chain.port import ChainEnd
from worker.verify.file_check import FileFacts, append_file
from worker.verify.kafka_check import find_first_mismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from badbuzz.contracts.scored_row import Footer, Gap, OffsetRange
    from worker.chain.chain_file import ChainFile
    from worker.chain.chain_files import ChainFiles
    from worker.chain.internal.origin import Origin
    from worker.verify.topic_reader import TopicReader


@dataclass(frozen=True, slots=True)
class CheckedChain:
    """The sound part of a chain: ``files`` up to ``end``. ``problem`` says why the next file does not continue it.

    ``rejected`` are the rejected offsets of this part, ``absent`` counts its offsets in gaps, ``tombstones`` those of skipped
    tombstones, and ``lost`` are the gaps that Kafka's retention caused. ``without_digest`` counts files of older versions, if
    the check was deep.
    """

    origin: Origin
    files: tuple[ChainFile, ...]
    end: ChainEnd
    rejected: tuple[OffsetRange, ...]
    absent: int
    tombstones: int
    lost: tuple[Gap, ...]
    problem: OffsetProblem | None
    without_digest: int = 0


def list_files(files: ChainFiles) -> tuple[dict[int, list[ChainFile]], list[ChainFile]]:
    """List each partition's files, and the superseded ones, while workers may publish others.

    A listing can miss a file that is published while it runs, and still show a later one. A second listing shows this file;
    files of the second listing that are later than the last file of the first are left out.
    """
    latest = {partition: found[-1].first_offset for partition, found in files.list_all().items()}
    found, superseded = files.list_all_and_superseded()
    listed = {
        partition: [file for file in found[partition] if file.first_offset <= first]
        for partition, first in latest.items()
        if partition in found
    }
    return listed, superseded


def check_chain(
    files: ChainFiles, origin: Origin, listed: Sequence[ChainFile], *, deep: bool = False
) -> CheckedChain:
    """Check the files of ``listed``, which are in offset order, one after the other. ``deep`` reads every byte of them."""
    chain_end = ChainEnd(origin.start_offset, Totals(), origin.topic_id)
    sound: list[ChainFile] = []
    rejected: list[OffsetRange] = []
    gaps: list[Gap] = []
    problem = None
    without_digest = 0
    for file in listed:
        try:
            if deep:
                without_digest += not _check_content(files, file)
            facts = read_file_facts(files, file)
        except DataRefused as error:
            problem = OffsetProblem(file.first_offset, str(error))
            break
        appended = append_file(chain_end, facts)
        if isinstance(appended, OffsetProblem):
            problem = appended
            break
        chain_end = appended
        sound.append(file)
        rejected += facts.footer.rejected
        gaps += facts.footer.gaps
    absent = sum(gap.end - gap.start for gap in gaps)
    tombstones = sum(gap.end - gap.start for gap in gaps if gap.reason == "tombstone")
    lost = tuple(gap for gap in gaps if gap.reason == "retention")
    return CheckedChain(
        origin, tuple(sound), chain_end, tuple(rejected), absent, tombstones, lost, problem, without_digest
    )


def _check_content(files: ChainFiles, file: ChainFile) -> bool:
    """Compare a file with its digest and its pages with their checksums. Return whether it has a digest.

    :raises DataRefused: if it has changed since it was written.
    """
    has_digest = files.check_digest(file)
    for _ in files.read_row_groups(file, SCHEMA.names):
        pass
    return has_digest


def compare_ids(
    files: ChainFiles, chain: CheckedChain, topic: TopicReader, log_start: int, *, is_compacted: bool = False
) -> OffsetProblem | None:
    """Compare the rows' ids with those of the topic's records from ``log_start`` on, one row group at a time.

    A row without a record is a problem unless Kafka compacts the topic.
    """
    for file in chain.files:
        footer = files.read_footer(file)
        start = max(footer.first_offset, log_start)
        if start >= footer.end_offset:
            continue
        for chain_range in read_ranges(files, file, footer, start, ("offset", "id")):
            rows = dict(
                zip(chain_range.table["offset"].to_pylist(), chain_range.table["id"].to_pylist(), strict=True)
            )
            records = topic.read_ids(file.partition, chain_range.start, chain_range.end)
            others = [
                r
                for r in (*footer.rejected, *footer.gaps)
                if r.start < chain_range.end and chain_range.start < r.end
            ]
            problem = find_first_mismatch(
                rows, others, records, log_start=chain_range.start, is_compacted=is_compacted
            )
            if problem:
                return OffsetProblem(problem.offset, f"{file.path}: {problem.problem}")
    return None


def read_file_facts(files: ChainFiles, file: ChainFile) -> FileFacts:
    """Read the facts of a file from its name, footer and rows. Memory holds one row group and all offsets."""
    footer = files.read_footer(file)
    offsets = [np.empty(0, dtype=np.int64)]
    strays: list[int] = []
    negative = unread = 0
    for table in files.read_row_groups(file, ("offset", "label", "topic", "partition")):
        offsets.append(table["offset"].to_numpy())
        unread += table["label"].null_count
        negative += pc.sum(pc.equal(table["label"], NEGATIVE)).as_py() or 0
        strays += table["offset"].filter(_belongs_elsewhere(table, footer)).to_pylist()[:1]
    return FileFacts(
        path=file.path,
        first_offset=file.first_offset,
        footer=footer,
        offsets=np.concatenate(offsets),
        negative=negative,
        unread=unread,
        stray=strays[0] if strays else None,
    )


def _belongs_elsewhere(table: pa.Table, footer: Footer) -> pa.ChunkedArray:
    return pc.or_(
        pc.not_equal(table["topic"], footer.topic), pc.not_equal(table["partition"], footer.partition)
    )
