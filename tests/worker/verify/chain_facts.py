"""Chains as plain data, and functions to damage them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from badbuzz.contracts.scored_row import Footer, Gap, OffsetRange, Totals, build_file_path
from tests.worker.chain.segments import NOON, TOPIC, TOPIC_ID
from worker.chain.coverage import OffsetProblem
from worker.chain.port import ChainEnd
from worker.verify.file_check import FileFacts, append_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from obstore.store import ObjectStore

ROW, REJECTED, GAP = "row", "rejected", "gap"


def make_footer(first: int, kinds: Sequence[str], before: Totals, *, partition: int = 0) -> Footer:
    """The footer of a file with offsets of these kinds from ``first`` on. Every third row is negative."""
    rows = [first + i for i, kind in enumerate(kinds) if kind == ROW]
    rejected = [first + i for i, kind in enumerate(kinds) if kind == REJECTED]
    return Footer(
        software="test",
        writer="test",
        topic=TOPIC,
        topic_id=TOPIC_ID,
        partition=partition,
        first_offset=first,
        end_offset=first + len(kinds),
        rejected=tuple(OffsetRange(start=o, end=o + 1) for o in rejected),
        gaps=tuple(
            Gap(start=first + i, end=first + i + 1, reason="absent")
            for i, kind in enumerate(kinds)
            if kind == GAP
        ),
        totals=before
        + Totals(rows=len(rows), negative=sum(offset % 3 == 0 for offset in rows), rejected=len(rejected)),
    )


@dataclass(slots=True)
class ChainFacts:
    """A chain as the facts of its files."""

    start: int
    files: list[FileFacts]

    def find_first_problem(self) -> OffsetProblem | None:
        link = ChainEnd(self.start, Totals(), TOPIC_ID)
        for file in self.files:
            step = append_file(link, file)
            if isinstance(step, OffsetProblem):
                return step
            link = step
        return None


def make_chain(start: int, layout: Iterable[Sequence[str]]) -> ChainFacts:
    """Make one file for each sequence of kinds."""
    files: list[FileFacts] = []
    first, totals = start, Totals()
    for kinds in layout:
        said = make_footer(first, kinds, totals)
        offsets = np.array([first + i for i, kind in enumerate(kinds) if kind == ROW], dtype=np.int64)
        files.append(FileFacts(f"file at {first}", first, said, offsets, int((offsets % 3 == 0).sum())))
        first, totals = said.end_offset, said.totals
    return ChainFacts(start, files)


KINDS = st.lists(st.sampled_from([ROW, ROW, ROW, REJECTED, GAP]), min_size=1, max_size=8)
CHAINS = st.builds(make_chain, st.integers(0, 2**50), st.lists(KINDS, min_size=1, max_size=6))


def change_facts(facts: FileFacts, **changes: Any) -> FileFacts:
    fields = {name: getattr(facts, name) for name in facts.__slots__}
    return FileFacts(**(fields | changes))


def put_file(store: ObjectStore, table: pa.Table, said: Footer) -> str:
    """Write a file without any check."""
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(said.to_metadata()), sink)
    path = build_file_path(said.topic, said.partition, said.first_offset, NOON.date())
    store.put(path, sink.getvalue().to_pybytes())
    return path
