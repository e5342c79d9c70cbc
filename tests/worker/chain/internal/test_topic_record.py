"""The record of a topic's first partitions: written once, by whichever worker is first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import DataRefused
from tests.worker.chain.segments import TOPIC, TOPIC_ID
from worker.chain.internal.origin import Origin, claim_origin, read_origins
from worker.chain.internal.topic_record import (
    TopicRecord,
    build_topic_record_path,
    claim_topic_record,
    read_topic_record,
)
from worker.chain.stored_chain import StoredChain

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore


def make_record(partitions: int, topic: str = TOPIC) -> TopicRecord:
    return TopicRecord(topic=topic, topic_id=TOPIC_ID, partitions=partitions)


def test_the_first_record_is_stored(store: ScoredStore) -> None:
    assert read_topic_record(store, TOPIC) is None
    assert claim_topic_record(store, make_record(4)) == make_record(4)
    assert claim_topic_record(store, make_record(6)) == make_record(4)
    assert read_topic_record(store, TOPIC) == make_record(4)


def test_a_folder_with_origins_and_no_record_knows_the_partitions_of_its_origins(store: ScoredStore) -> None:
    """Older versions wrote no record. A partition that was added while no worker ran is not among the known ones."""
    for partition in (0, 2):
        claim_origin(store, Origin(topic=TOPIC, topic_id=TOPIC_ID, partition=partition, start_offset=9))
    assert claim_topic_record(store, make_record(6)) == make_record(3)


@pytest.mark.parametrize("topic", ["tweets-3", "tweets.topic", "tweets.topic-3"])
def test_no_other_object_has_the_name_of_a_record(store: ScoredStore, topic: str) -> None:
    claim_origin(store, Origin(topic=topic, topic_id=TOPIC_ID, partition=3, start_offset=0))
    claim_topic_record(store, make_record(2, topic))
    assert read_topic_record(store, TOPIC) is None
    assert read_origins(store, TOPIC) == {}
    assert build_topic_record_path(topic) == f"{topic}.topic.json"


def test_a_chain_of_another_topic_is_refused_also_in_partitions_without_an_origin(store: ScoredStore) -> None:
    assert StoredChain(store, TOPIC, TOPIC_ID).record_partitions(4) == 4
    with pytest.raises(DataRefused, match="it was deleted and created again"):
        StoredChain(store, TOPIC, "second-life").record_partitions(8)
