"""Reads the part of a chain that counters lack, because they are behind the chain or have lost everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from badbuzz.contracts.counters import EARLY_TOLERANCE_S
from badbuzz.contracts.scored_row import SCHEMA, Totals, to_utc_day
from badbuzz.errors import DataRefused
from worker.chain.chain_files import FilesMerged
from worker.chain.port import CatchUp, ChainRange
from worker.counters.tally import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow.parquet as pq

    from badbuzz.contracts.scored_row import Footer
    from badbuzz.errors import BadBuzzError
    from worker.chain.chain_file import ChainFile
    from worker.chain.chain_files import ChainFiles
    from worker.chain.internal.origin import Origin


def read_recent(files: ChainFiles, origin: Origin, not_before_ms: int) -> CatchUp:
    """Read the chain from the first file that may hold an event of ``not_before_ms`` or later.

    The search goes backwards from the chain's end, and ends at a file if this file and all before it are older. Their footer
    says so since schema version 2. Earlier files may hold any timestamps, and one of them can be older than the files before it;
    with them, the search also ends only in a day before that of ``not_before_ms``, because days never fall along a chain.
    """
    first_day = to_utc_day(not_before_ms)
    newest_first: list[ChainFile] = []
    needed, older = 0, None
    for file in files.iterate_newest_first(origin.partition):
        metadata = files.read_metadata(file)
        footer = files.read_footer(file, metadata)
        newest_first.append(file)
        if _find_latest_event_ms(metadata) >= not_before_ms:
            needed, older = len(newest_first), None
            continue
        older = older or footer
        if _is_all_older(footer, not_before_ms, in_earlier_day=file.day < first_day):
            break
    start, before = (older.end_offset, older.totals) if older else (origin.start_offset, Totals())
    return CatchUp(start, before, _read_files(files, newest_first[:needed], start))


def read_from_offset(files: ChainFiles, origin: Origin, offset: int) -> CatchUp:
    """Read the chain from ``offset`` on.

    :raises DataRefused: if the chain begins after ``offset``.
    """
    if offset < origin.start_offset:
        raise DataRefused(
            f"{origin.topic}-{origin.partition}: asked for offset {offset}, the chain begins at "
            f"{origin.start_offset}: counters and Parquet do not belong together; delete the topic's "
            "counters, they are rebuilt"
        )
    needed: list[ChainFile] = []
    for file in files.iterate_newest_first(origin.partition):
        needed.append(file)
        if file.first_offset <= offset:
            break
    return CatchUp(offset, None, _read_files(files, needed, offset))


def read_ranges(
    files: ChainFiles, file: ChainFile, footer: Footer, start: int, columns: Sequence[str]
) -> Iterator[ChainRange]:
    """Read one file from ``start`` on, one row group at a time: a whole merged file could exhaust a worker's memory."""
    held = SCHEMA.empty_table().select([*columns])
    for group in files.read_row_groups(file, columns):
        table = group.filter(pc.field("offset") >= start)
        if not table.num_rows:
            continue
        if held.num_rows:
            end = held["offset"][-1].as_py() + 1
            yield ChainRange(start, end, held, _count_rejected(footer, start, end))
            start = end
        held = table
    yield ChainRange(start, footer.end_offset, held, _count_rejected(footer, start, footer.end_offset))


def _read_files(files: ChainFiles, newest_first: Sequence[ChainFile], start: int) -> Iterator[ChainRange]:
    for file in reversed(newest_first):
        footer = files.read_footer(file)
        if footer.end_offset <= start:
            continue
        if file.first_offset > start:
            raise explain_hole(files, file, start)
        yield from read_ranges(files, file, footer, start, (*COLUMNS, "offset"))
        start = footer.end_offset


def explain_hole(files: ChainFiles, file: ChainFile, start: int) -> BadBuzzError:
    """Return the error for a file that does not begin at ``start``: a hole, or a listing made during a compaction."""
    problem = f"{file.path}: begins at offset {file.first_offset}, the file before it ends at {start}"
    if file.first_offset > start and files.has_offset(file.partition, start):
        return FilesMerged(problem)
    return DataRefused(f"{problem}; see `badbuzz verify`")


def _count_rejected(footer: Footer, start: int, end: int) -> int:
    return sum(max(0, min(r.end, end) - max(r.start, start)) for r in footer.rejected)


def _is_all_older(footer: Footer, not_before_ms: int, *, in_earlier_day: bool) -> bool:
    """Return whether no file before this one, which is older, can hold an event of ``not_before_ms`` or later."""
    if footer.latest_arrival_ms is None:
        return in_earlier_day
    return footer.latest_arrival_ms + EARLY_TOLERANCE_S * 1000 < not_before_ms


def _find_latest_event_ms(metadata: pq.FileMetaData) -> float:
    """Return the latest date that an event in this file can have and still be counted; infinity if it is unknown."""
    column = metadata.schema.names.index("appended_at")
    statistics = [
        metadata.row_group(group).column(column).statistics for group in range(metadata.num_row_groups)
    ]
    # Raw: a file from before arrivals were decided may hold years that datetime cannot represent.
    known = [entry.max_raw for entry in statistics if entry is not None and entry.has_min_max]
    if not known or len(known) < len(statistics):
        return float("inf")
    return float(max(known) + EARLY_TOLERANCE_S * 1000)
