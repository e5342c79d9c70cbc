"""What counters need from the chain when they are behind it, or have forgotten everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from badbuzz.counters import EARLY_TOLERANCE_S
from badbuzz.errors import DataRefused
from badbuzz.scored_row import Totals
from worker.chain.port import CatchUp, Piece
from worker.counters.tally import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow.parquet as pq

    from badbuzz.scored_row import Footer
    from worker.chain.files import ChainFile, ChainFiles
    from worker.chain.origin import Origin


def live(files: ChainFiles, origin: Origin, not_before_ms: int) -> CatchUp:
    """Give the chain from the first file on that may hold an event dated ``not_before_ms`` or later.

    Walks back from the chain's end and stops at the first file that is wholly older: it relies on Kafka's
    timestamps to rise, as they do with ``LogAppendTime``.
    """
    needed: list[ChainFile] = []
    for file in files.newest_first(origin.partition):
        metadata = files.metadata(file)
        if _latest_event_ms(metadata) < not_before_ms:
            footer = files.footer(file, metadata)
            return CatchUp(footer.end_offset, footer.totals, _pieces(files, needed, footer.end_offset))
        needed.append(file)
    return CatchUp(origin.start_offset, Totals(), _pieces(files, needed, origin.start_offset))


def from_offset(files: ChainFiles, origin: Origin, offset: int) -> CatchUp:
    """Give the chain from ``offset`` on.

    :raises DataRefused: if the chain begins only after it.
    """
    if offset < origin.start_offset:
        raise DataRefused(
            f"{origin.topic}-{origin.partition}: asked for offset {offset}, the chain begins at "
            f"{origin.start_offset}: counters and Parquet do not belong together; delete the topic's "
            "counters, they are rebuilt"
        )
    needed: list[ChainFile] = []
    for file in files.newest_first(origin.partition):
        needed.append(file)
        if file.first_offset <= offset:
            break
    return CatchUp(offset, None, _pieces(files, needed, offset))


def _pieces(files: ChainFiles, newest_first: Sequence[ChainFile], start: int) -> Iterator[Piece]:
    for file in reversed(newest_first):
        footer = files.footer(file)
        if footer.end_offset <= start:
            continue
        if file.first_offset > start:
            raise DataRefused(
                f"{file.path}: begins at offset {file.first_offset}, the file before it ends at {start}"
            )
        table = files.table(file, (*COLUMNS, "offset"))
        if start > file.first_offset:
            table = table.filter(pc.field("offset") >= start)
        yield Piece(start, footer.end_offset, table, _rejected_since(footer, start))
        start = footer.end_offset


def _rejected_since(footer: Footer, start: int) -> int:
    return sum(max(0, rejected.end - max(rejected.start, start)) for rejected in footer.rejected)


def _latest_event_ms(metadata: pq.FileMetaData) -> float:
    """Tell how late an event in this file can be dated and still be counted; infinity if nothing tells."""
    column = metadata.schema.names.index("appended_at")
    statistics = [
        metadata.row_group(group).column(column).statistics for group in range(metadata.num_row_groups)
    ]
    known = [entry.max for entry in statistics if entry is not None and entry.has_min_max]
    if not known or len(known) < len(statistics):
        return float("inf")
    latest: float = max(known).timestamp() * 1000
    return latest + EARLY_TOLERANCE_S * 1000
