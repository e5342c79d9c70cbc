"""Encodes segments as Parquet files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from badbuzz import __version__
from badbuzz.contracts.scored_row import SCHEMA, Footer
from badbuzz.errors import DataRefused
from worker.chain.coverage import find_coverage_problem
from worker.chain.file_format.digest import BLANK_DIGEST, DIGEST_KEY, seal_content

if TYPE_CHECKING:
    from worker.chain.port import Segment

_REPEATING = [
    "lang",
    "source",
    "brands.list.element",
    "label",
    "expected_label",
    "model",
    "topic",
    "partition",
]
"""Columns with few distinct values. A dictionary makes these small; for the others it would only slow the writer."""


def encode_segment(segment: Segment, topic_id: str, writer: str) -> bytes:
    """Encode a segment as a Parquet file. The same segment and writer always give the same bytes.

    :raises DataRefused: if the segment does not hold each of its offsets exactly once, or has other columns.
    """
    table = segment.table
    if not table.schema.equals(SCHEMA):
        raise DataRefused(
            f"{_name(segment)}: its columns are not those of the contract: {table.schema.to_string()}"
        )
    offsets = table.column("offset").to_numpy()
    others = (*segment.rejected, *segment.gaps)
    if found := find_coverage_problem(segment.first_offset, segment.end_offset, offsets, others):
        raise DataRefused(
            f"{_name(segment)}: {found.problem}; this is a bug of Bad Buzz, nothing was written"
        )
    footer = Footer(
        software=__version__,
        writer=writer,
        topic=segment.topic,
        topic_id=topic_id,
        partition=segment.partition,
        first_offset=segment.first_offset,
        end_offset=segment.end_offset,
        rejected=segment.rejected,
        gaps=segment.gaps,
        totals=segment.totals,
        end_leader_epoch=segment.end_leader_epoch,
        latest_arrival_ms=segment.latest_arrival_ms,
    )
    sink = pa.BufferOutputStream()
    with open_writer(footer, sink) as parquet:
        # Each micro-batch is a chunk of each column. The writer starts anew for each chunk: two fifths of its time.
        parquet.write_table(table.combine_chunks())
    return seal_content(sink.getvalue().to_pybytes())


def open_writer(footer: Footer, sink: object) -> pq.ParquetWriter:
    """Open a file of the chain for writing. Each ``write_table`` call writes one row group, or several large ones.

    The file has a blank digest: seal it when the writer is closed (:mod:`worker.chain.file_format.digest`).
    """
    schema = SCHEMA.with_metadata(footer.to_metadata())
    writer = pq.ParquetWriter(
        sink, schema, compression="zstd", use_dictionary=_REPEATING, write_page_checksum=True
    )
    writer.add_key_value_metadata({DIGEST_KEY: BLANK_DIGEST})
    return writer


def _name(segment: Segment) -> str:
    return f"segment {segment.topic}-{segment.partition} [{segment.first_offset}, {segment.end_offset})"
