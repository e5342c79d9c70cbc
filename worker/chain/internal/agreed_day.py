"""Decides the day of a file, so that all workers that publish from one first offset give the file the same name."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel

from badbuzz.contracts.scored_row import EARLIEST_MS, to_utc_day
from worker.chain.internal.write_once import create_or_read_json_object

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from worker.chain.port import Segment


class AgreedDay(BaseModel, frozen=True):
    """The day of the file that begins at one offset. The first worker that stores it decides."""

    topic: str
    partition: int
    first_offset: int
    day: date


def build_day_path(topic: str, partition: int, first_offset: int) -> str:
    """Return the path of a file's agreed day, in the internal store."""
    return f"days/{topic}-{partition}-{first_offset:020d}.json"


def agree_day(store: ObjectStore, segment: Segment, previous: date) -> date:
    """Return the day of the segment's file, which is never earlier than that of the file before it.

    If Kafka set the first record's timestamp, or if a producer's possible timestamp is of the ``previous`` day, the timestamp
    alone decides: it is the same for all workers. Otherwise the day is that of the arrival, on which workers may disagree, so
    the day is stored.

    :raises Retry: if the storage is unavailable.
    """
    first = segment.first
    if first.is_kafkas:
        return max(previous, to_utc_day(first.arrived_ms))
    if first.timestamp_ms >= EARLIEST_MS and to_utc_day(first.timestamp_ms) == previous:
        return previous
    ours = AgreedDay(
        topic=segment.topic,
        partition=segment.partition,
        first_offset=segment.first_offset,
        day=max(previous, to_utc_day(first.arrived_ms)),
    )
    path = build_day_path(segment.topic, segment.partition, segment.first_offset)
    return create_or_read_json_object(store, path, ours).day
