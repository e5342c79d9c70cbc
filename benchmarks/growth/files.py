"""A folder with any number of Parquet files of one day, which a worker lists before it starts.

The chain is real where a worker reads it: each partition's last file, its origin, and Redis's counters. The files before
it are links to one file, since a takeover reads nothing but their names.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from badbuzz.clients.storage import open_store
from badbuzz.contracts.scored_row import SCHEMA, build_file_path
from worker.chain.chain_files import ChainFiles
from worker.chain.file_format.parquet import encode_segment
from worker.chain.port import RecordTime, Segment

if TYPE_CHECKING:
    from badbuzz.contracts.scored_row import Footer
    from worker.chain.chain_file import ChainFile


def split_last_files(scored: str, topic: str, files: int) -> None:
    """Split each partition's file: a real file of the last offset, and a link for each offset before it.

    :param files: of all partitions; at most as many as there are rows.
    """
    chain = ChainFiles(open_store(scored), topic)
    folder = Path(scored)
    partitions = {int(path.name.split("-")[-2]) for path in folder.glob("dt=*/*.parquet")}
    for file in chain.find_last(partitions).values():
        footer = chain.read_footer(file)
        table = pa.concat_tables(chain.read_row_groups(file, SCHEMA.names))
        original = folder / file.path
        _make_links(original, folder, file, files // len(partitions) - 1, topic)
        last = footer.end_offset - 1
        target = folder / build_file_path(topic, file.partition, last, file.day)
        target.write_bytes(encode_segment(_make_last_row(footer, table), footer.topic_id, footer.writer))


def _make_links(original: Path, folder: Path, file: ChainFile, count: int, topic: str) -> None:
    for offset in range(file.first_offset + 1, file.first_offset + count):
        (folder / build_file_path(topic, file.partition, offset, file.day)).hardlink_to(original)


def _make_last_row(footer: Footer, table: pa.Table) -> Segment:
    appended = table["appended_at"][-1].cast(pa.int64()).as_py()
    return Segment(
        topic=footer.topic,
        partition=footer.partition,
        first_offset=footer.end_offset - 1,
        end_offset=footer.end_offset,
        first=RecordTime(appended, appended, is_kafkas=True),
        latest_arrival_ms=footer.latest_arrival_ms,
        table=table.slice(len(table) - 1),
        rejected=(),
        gaps=(),
        totals=footer.totals,
    )
