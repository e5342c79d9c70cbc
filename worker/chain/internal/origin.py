"""Origins: write-once objects that record the offset where each partition's chain begins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import BaseModel

from worker.chain.internal.older_layout import (
    claim_internal_object,
    list_internal_paths,
    read_internal_object,
)

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore


class Origin(BaseModel, frozen=True):
    """Where a chain begins, and the id of its topic: a topic that is deleted and recreated has another id."""

    topic: str
    topic_id: str
    partition: int
    start_offset: int


def build_origin_path(topic: str, partition: int) -> str:
    """Return the path of a partition's origin in the internal store."""
    return f"{topic}-{partition}.json"


def read_origin(store: ScoredStore, topic: str, partition: int) -> Origin | None:
    """Read a partition's origin; None if it has not been claimed.

    :raises DataRefused: if it is unreadable, or an older version of Bad Buzz claimed another one.
    """
    return read_internal_object(store, build_origin_path(topic, partition), Origin)


def list_claimed_partitions(store: ScoredStore, topic: str) -> list[int]:
    """List the partitions of a topic that have an origin, readable or not."""
    pattern = re.compile(rf"{re.escape(topic)}-(0|[1-9][0-9]*)\.json")
    return sorted(int(found[1]) for path in list_internal_paths(store) if (found := pattern.fullmatch(path)))


def read_origins(store: ScoredStore, topic: str) -> dict[int, Origin]:
    """Read the origins of all partitions of a topic, by partition.

    :raises DataRefused: if one is unreadable.
    """
    origins = {number: read_origin(store, topic, number) for number in list_claimed_partitions(store, topic)}
    return {number: origin for number, origin in origins.items() if origin is not None}


def claim_origin(store: ScoredStore, ours: Origin) -> Origin:
    """Store ``ours`` as the partition's origin unless there is one; return the stored origin."""
    return claim_internal_object(store, build_origin_path(ours.topic, ours.partition), ours)
