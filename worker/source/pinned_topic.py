"""Patches kafka-python 3.0 so that a consumer fetches by topic id.

A topic that is deleted and made again has the same name and other records. kafka-python 3.0.12 fetches by name (version 12 of the
request), so a consumer that was frozen meanwhile continues in the new topic at its old offset. Since version 13 (Kafka 3.1) the
request names the id, and the broker answers ``UNKNOWN_TOPIC_ID``. With older brokers the name is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from worker.source.fetcher import PatchedFetcher

if TYPE_CHECKING:
    from uuid import UUID

    from kafka import KafkaConsumer
    from kafka.protocol.consumer import FetchResponse

FIRST_VERSION_WITH_IDS = 13


def pin_topic(consumer: KafkaConsumer, topic: str, topic_id: UUID) -> None:
    """Make a consumer of one topic fetch only from the topic with this id. Call it after :func:`patch_fetcher`."""
    fetcher = consumer._fetcher  # noqa: SLF001 - there is no public way to replace it
    fetcher.__class__ = _PinnedFetcher
    fetcher.topic, fetcher.topic_id = topic, topic_id


def find_topic_id(consumer: KafkaConsumer, topic: str) -> UUID | None:
    """Return the topic's id in the consumer's latest metadata; None if there is no such topic, or the broker gives no ids."""
    found: UUID | None = consumer._cluster.topic_id(topic)  # noqa: SLF001 - there is no public view
    return found if found is not None and found.int else None


class _PinnedFetcher(PatchedFetcher):
    topic: str
    topic_id: UUID

    def _create_fetch_requests(self) -> dict[Any, Any]:
        requests: dict[Any, Any] = super()._create_fetch_requests()
        for request, _ in requests.values():
            request._max_version = FIRST_VERSION_WITH_IDS  # noqa: SLF001 - the library sets it to 12
            for topic in (*request.topics, *request.forgotten_topics_data):
                topic.topic_id = self.topic_id
        return requests

    def _handle_fetch_response(
        self, node_id: int, fetch_offsets: dict[Any, int], send_time: float, response: FetchResponse
    ) -> None:
        if response.API_VERSION >= FIRST_VERSION_WITH_IDS:
            for topic in response.responses:
                topic.topic = self.topic
        super()._handle_fetch_response(node_id, fetch_offsets, send_time, response)
