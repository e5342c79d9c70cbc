"""Origins: write-once objects that record the offset where each partition's chain begins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import BaseModel

from badbuzz.clients.storage import storage_errors
from worker.chain.write_once import create_or_read_json_object, read_json_object

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class Origin(BaseModel, frozen=True):
    """Where a chain begins, and the id of its topic: a topic that is deleted and recreated has another id."""

    topic: str
    topic_id: str
    partition: int
    start_offset: int


def build_origin_path(topic: str, partition: int) -> str:
    """Return the path of a partition's origin, relative to the root."""
    return f"_chain/{topic}-{partition}.json"


def read_origin(store: ObjectStore, topic: str, partition: int) -> Origin | None:
    """Read a partition's origin; None if it has not been claimed.

    :raises DataRefused: if it is unreadable.
    """
    return read_json_object(store, build_origin_path(topic, partition), Origin)


def read_origins(store: ObjectStore, topic: str) -> dict[int, Origin]:
    """Read the origins of all partitions of a topic, by partition."""
    with storage_errors("listing origins"):
        paths = {entry["path"] for chunk in store.list("_chain") for entry in chunk}
    pattern = re.compile(rf"_chain/{re.escape(topic)}-(0|[1-9][0-9]*)\.json")
    numbers = sorted(int(found[1]) for path in paths if (found := pattern.fullmatch(path)))
    origins = {number: read_origin(store, topic, number) for number in numbers}
    return {number: origin for number, origin in origins.items() if origin is not None}


def claim_origin(store: ObjectStore, ours: Origin) -> Origin:
    """Store ``ours`` as the partition's origin unless there is one; return the stored origin."""
    return create_or_read_json_object(store, build_origin_path(ours.topic, ours.partition), ours)
