"""The topic record: a write-once object with the number of partitions that a topic had when its first chain began.

With ``start=latest`` these partitions begin at their end. A partition that was added later begins at its log's start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from worker.chain.internal.origin import read_origins
from worker.chain.internal.write_once import create_or_read_json_object, read_json_object

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore


class TopicRecord(BaseModel, frozen=True):
    """The id of a topic, and how many partitions it had when it became known."""

    topic: str
    topic_id: str
    partitions: int


def build_topic_record_path(topic: str) -> str:
    """Return the path of a topic's record in the internal store. No origin has such a name."""
    return f"{topic}.topic.json"


def read_topic_record(store: ScoredStore, topic: str) -> TopicRecord | None:
    """Read a topic's record; None if there is none.

    :raises DataRefused: if it is unreadable.
    """
    return read_json_object(store.internal, build_topic_record_path(topic), TopicRecord)


def claim_topic_record(store: ScoredStore, ours: TopicRecord) -> TopicRecord:
    """Store ``ours`` as the topic's record unless there is one; return the stored record.

    Folders of older versions have origins and no record. There the partitions up to the last origin are the known ones.
    """
    if found := read_topic_record(store, ours.topic):
        return found
    if origins := read_origins(store, ours.topic):
        ours = ours.model_copy(update={"partitions": max(origins) + 1})
    return create_or_read_json_object(store.internal, build_topic_record_path(ours.topic), ours)
