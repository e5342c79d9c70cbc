"""Rewrites files as Bad Buzz wrote them with schema version 1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SCHEMA_1 = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("created_at", pa.timestamp("us", tz="UTC")),
        pa.field("author", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("source", pa.string()),
        pa.field("brands", pa.list_(pa.string()), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("label", pa.string(), nullable=False),
        pa.field("expected_label", pa.string()),
        pa.field("model", pa.string(), nullable=False),
        pa.field("appended_at", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("scored_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("topic", pa.string(), nullable=False),
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
    ]
)
FOOTER_1 = (
    "schema_version",
    "software",
    "writer",
    "topic",
    "topic_id",
    "partition",
    "first_offset",
    "end_offset",
    "rejected",
    "gaps",
    "totals",
)
TOTALS_1 = ("rows", "negative", "rejected", "late", "early")


def rewrite_as_version_1(store: ObjectStore, path: str) -> None:
    """Replace a file without unread rows by the same file of version 1."""
    table = pq.read_table(pa.BufferReader(bytes(store.get(path).bytes())))
    footer = json.loads(table.schema.metadata[b"badbuzz"]) | {"schema_version": 1}
    footer["totals"] = {name: footer["totals"][name] for name in TOTALS_1}
    metadata = {b"badbuzz": json.dumps({name: footer[name] for name in FOOTER_1}).encode()}
    old = pa.table([table[name] for name in SCHEMA_1.names], schema=SCHEMA_1.with_metadata(metadata))
    sink = pa.BufferOutputStream()
    pq.write_table(old, sink, compression="zstd")
    store.put(path, sink.getvalue().to_pybytes())
