"""Describes topics: id and partitions."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from badbuzz.clients.kafka_client import (
    build_client_options,
    check_topic_exists,
    explain_absence_as_retry,
    kafka_errors,
)
from badbuzz.errors import GiveUp, Misconfigured, Retry

if TYPE_CHECKING:
    from badbuzz.settings import KafkaSettings


_CLEANUP = "cleanup.policy"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic. ``id`` changes when a topic is deleted and made again under the same name."""

    name: str
    id: str
    partitions: tuple[int, ...]


def describe_topic(kafka: KafkaSettings, topic: str) -> Topic:
    """Fetch a topic's id and partitions.

    :raises Misconfigured: if there is no such topic, or the broker refuses us.
    :raises Retry: if no broker answers.
    """
    found = _fetch_description(kafka, topic)
    if found is None or not found["partitions"]:
        raise Misconfigured(
            f"topic {topic!r} does not exist at {kafka.bootstrap}; `badbuzz produce` makes it, or set BADBUZZ_KAFKA__TOPIC"
        )
    numbers = sorted(partition["partition_index"] for partition in found["partitions"])
    return Topic(topic, str(found["topic_id"]), tuple(numbers))


def check_topic_readable(kafka: KafkaSettings, topic: str) -> None:
    """Check that the broker does not hide a topic from us: it would look like a topic without records. It need not exist.

    :raises Misconfigured: if the broker hides it, or refuses us.
    :raises Retry: if no broker answers.
    """
    _fetch_description(kafka, topic)


def is_topic_compacted(kafka: KafkaSettings, topic: str) -> bool:
    """Return whether Kafka compacts a topic. False also if it does not exist, or if the broker does not tell."""
    resource = ConfigResource("TOPIC", topic, {_CLEANUP: None})
    with (
        suppress(GiveUp, Retry),
        kafka_errors(kafka, explain_absence_as_retry),
        closing(KafkaAdminClient(**build_client_options(kafka, "badbuzz-describe"))) as admin,
    ):
        found = admin.describe_configs([resource], config_filter="all").get("topic", {}).get(topic, {})
        return "compact" in found.get(_CLEANUP, {}).get("value", "")
    return False


def _fetch_description(kafka: KafkaSettings, topic: str) -> dict[str, Any] | None:
    with (
        kafka_errors(kafka, explain_absence_as_retry),
        closing(KafkaAdminClient(**build_client_options(kafka, "badbuzz-describe"))) as admin,
    ):
        found: dict[str, Any] = admin.describe_topics([topic])[0]
    return found if check_topic_exists(kafka, topic, found["error_code"], "Read") else None
