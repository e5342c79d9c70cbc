"""A small data set with a closed day of small files, and checks that must always hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from badbuzz.contracts.scored_row import SCHEMA, Gap, OffsetRange, Totals
from tests.worker.chain.segments import NOON, TOPIC, TOPIC_ID, make_segment
from worker.chain.chain_files import ChainFiles
from worker.chain.stored_chain import StoredChain
from worker.compact.compaction import Compaction
from worker.verify.verification import Verification

if TYPE_CHECKING:
    from datetime import datetime

    from badbuzz.clients.scored_store import ScoredStore
    from worker.compact.report import CompactionReport
    from worker.verify.report import VerificationReport

DAY = date(2026, 3, 14)
NEXT = NOON + timedelta(days=1)
FIRST_MERGED = "dt=2026-03-14/tweets-0-00000000000000000000_00000000000000000030.parquet"
SECOND_MERGED = "dt=2026-03-14/tweets-1-00000000000000000100_00000000000000000105.parquet"
COMPACTED = {
    FIRST_MERGED,
    SECOND_MERGED,
    "dt=2026-03-15/tweets-0-00000000000000000030.parquet",
    "dt=2026-03-15/tweets-1-00000000000000000105.parquet",
}


class FileLayout(NamedTuple):
    partition: int
    first: int
    end: int
    at: datetime = NOON
    rejected: tuple[OffsetRange, ...] = ()
    gaps: tuple[Gap, ...] = ()


LAYOUT = (
    FileLayout(0, 0, 10),
    FileLayout(0, 10, 20, rejected=(OffsetRange(start=12, end=14),)),
    FileLayout(0, 20, 30, gaps=(Gap(start=29, end=30, reason="absent"),)),
    FileLayout(0, 30, 40, at=NEXT),
    FileLayout(1, 100, 104),
    FileLayout(1, 104, 105, rejected=(OffsetRange(start=104, end=105),)),
    FileLayout(1, 105, 109, at=NEXT),
)


def publish_layout(store: ScoredStore, layout: tuple[FileLayout, ...] = LAYOUT) -> None:
    """Publish the files of the layout that are missing. A partition's chain begins at its first file.

    Each file's leader epoch is its end offset.
    """
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    totals: dict[int, Totals] = {}
    for file in layout:
        if file.partition not in totals:
            chain.claim_origin(file.partition, file.first)
            chain.find_ends([file.partition])
        published = make_segment(
            file.first,
            file.end,
            partition=file.partition,
            at=file.at,
            rejected=file.rejected,
            gaps=file.gaps,
            before=totals.get(file.partition),
        )
        chain.publish(replace(published, end_leader_epoch=file.end))
        totals[file.partition] = published.totals


def run_compaction(store: ScoredStore, target_bytes: int = 1_000_000) -> CompactionReport:
    return Compaction(store, TOPIC, target_bytes).run()


def run_verification(store: ScoredStore) -> VerificationReport:
    return Verification(store, TOPIC, None, None).run(deep=False, complete=False)


def list_names(store: ScoredStore) -> set[str]:
    """The names of all files that a reader of the data set would read."""
    listed = (entry["path"] for chunk in store.rows.list() for entry in chunk)
    return {path for path in listed if path.startswith("dt=")}


def read_contents(store: ScoredStore) -> dict[str, bytes]:
    paths = [entry["path"] for chunk in store.rows.list() for entry in chunk]
    return {path: bytes(store.rows.get(path).bytes()) for path in paths}


def read_chain_rows(store: ScoredStore, partition: int) -> pa.Table:
    """The rows of a chain, read file by file."""
    files = ChainFiles(store.rows, TOPIC)
    chain = files.list_all()[partition]
    tables = [table for file in chain for table in files.read_row_groups(file, SCHEMA.names)]
    return pa.concat_tables(tables).replace_schema_metadata(None)


def read_catch_up_offsets(store: ScoredStore, partition: int) -> list[int]:
    """The offsets that counters without any data would read."""
    ranges = StoredChain(store, TOPIC, TOPIC_ID).read_since(partition, None, 0).ranges
    return [offset for chain_range in ranges for offset in chain_range.table["offset"].to_pylist()]


def assert_whole(store: ScoredStore) -> None:
    """Check that the store is clean, and that Bad Buzz's own readers read each row once."""
    report = run_verification(store)
    assert (report.verdict, report.violations) == ("clean", ())
    ends = {part.partition: (part.start, part.end) for part in report.partitions}
    assert ends == {0: (0, 40), 1: (100, 109)}
    expected = {0: [*range(12), *range(14, 29), *range(30, 40)], 1: [*range(100, 104), *range(105, 109)]}
    assert {partition: read_catch_up_offsets(store, partition) for partition in expected} == expected
