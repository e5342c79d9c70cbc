"""Merges several files into one, and checks that it can replace them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa

from badbuzz import __version__
from badbuzz.contracts.scored_row import SCHEMA, Footer
from badbuzz.errors import DataRefused
from worker.chain.coverage import OffsetProblem
from worker.chain.file_format.digest import seal_file
from worker.chain.file_format.parquet import open_writer
from worker.chain.port import ChainEnd
from worker.verify.chain_check import read_file_facts
from worker.verify.file_check import append_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from worker.chain.chain_file import ChainFile
    from worker.chain.chain_files import ChainFiles
    from worker.chain.internal.stored_plan import MergeGroup

ROW_GROUP_ROWS = 100_000
"""The least number of rows in a row group, except the last. With fewer, readers spend their time on metadata."""


def merge_files(files: ChainFiles, originals: Sequence[ChainFile], group: MergeGroup, sink: Path) -> None:
    """Write the merged file to ``sink``. Memory holds one row group.

    :raises DataRefused: if an original does not match its footer.
    """
    footers = [files.read_footer(file) for file in originals]
    chain_end = _start(group)
    for file in originals:
        files.check_digest(file)
        chain_end = _raise_problem(append_file(chain_end, read_file_facts(files, file)))
    _check_end(chain_end, group, sink.name)
    footer = Footer(
        software=__version__,
        writer="compact",
        topic=footers[0].topic,
        topic_id=group.topic_id,
        partition=group.partition,
        first_offset=group.first_offset,
        end_offset=group.end_offset,
        rejected=tuple(chain.from_iterable(footer.rejected for footer in footers)),
        gaps=tuple(chain.from_iterable(footer.gaps for footer in footers)),
        totals=group.after,
        end_leader_epoch=footers[-1].end_leader_epoch,
        latest_arrival_ms=footers[-1].latest_arrival_ms,
    )
    with open_writer(footer, sink) as parquet:
        for table in _in_groups(read_rows(files, originals)):
            parquet.write_table(table)
    seal_file(sink)


def check_merged_file(files: ChainFiles, merged: ChainFile, group: MergeGroup) -> None:
    """Check that ``merged`` can replace the group: it has the same offsets, each once, and the same totals.

    :raises DataRefused: if it cannot.
    """
    files.check_digest(merged)
    chain_end = _raise_problem(append_file(_start(group), read_file_facts(files, merged)))
    _check_end(chain_end, group, merged.path)


def check_same_rows(originals: Iterable[pa.Table], merged: Iterable[pa.Table], name: str) -> None:
    """Compare two sequences of tables value by value. Memory holds one row group of each.

    :raises DataRefused: if they differ.
    """
    rest = SCHEMA.empty_table()
    more = iter(merged)
    for table in originals:
        while rest.num_rows < table.num_rows and (following := next(more, None)) is not None:
            rest = pa.concat_tables([rest, following])
        if not rest.slice(0, table.num_rows).equals(table):
            offset = table["offset"][0].as_py()
            raise DataRefused(
                f"{name}: from offset {offset} on, its rows differ from those that it was merged from"
            )
        rest = rest.slice(table.num_rows)
    if rest.num_rows or next(more, None) is not None:
        raise DataRefused(f"{name}: has more rows than the files that it was merged from")


def read_rows(files: ChainFiles, several: Sequence[ChainFile]) -> Iterator[pa.Table]:
    """Read all rows of several files, one row group at a time.

    :raises DataRefused: if a file's columns are not those of the contract.
    """
    for file in several:
        for table in files.read_row_groups(file, SCHEMA.names):
            bare = table.replace_schema_metadata(None)
            if not bare.schema.equals(SCHEMA):
                raise DataRefused(f"{file.path}: its columns are not those of the contract: {bare.schema}")
            if bare.num_rows:
                yield bare


def _in_groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(waits.num_rows for waits in waiting) >= ROW_GROUP_ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _start(group: MergeGroup) -> ChainEnd:
    return ChainEnd(group.first_offset, group.before, group.topic_id)


def _raise_problem(checked: ChainEnd | OffsetProblem) -> ChainEnd:
    if isinstance(checked, OffsetProblem):
        raise DataRefused(f"{checked.problem}; nothing was deleted, see `badbuzz verify`")
    return checked


def _check_end(end: ChainEnd, group: MergeGroup, name: str) -> None:
    if (end.end_offset, end.totals, end.topic_id) != (group.end_offset, group.after, group.topic_id):
        raise DataRefused(
            f"{name}: ends at offset {end.end_offset} with {end.totals}; its plan says {group.end_offset} with {group.after}"
        )
