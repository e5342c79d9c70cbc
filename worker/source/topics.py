"""What the broker says of a topic: its id, its partitions."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from badbuzz.clients.kafka_client import (
    REFUSALS,
    check_topic_visible,
    client_options,
    explain_absence_as_retry,
)
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from badbuzz.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is now. ``id`` changes when a topic is deleted and made again under the same name."""

    name: str
    id: str
    partitions: tuple[int, ...]


def describe_topic(kafka: KafkaSettings, topic: str) -> Topic:
    """Ask the broker.

    :raises Misconfigured: if there is no such topic, or the broker refuses us.
    :raises Retry: if no broker answers.
    """
    found = _look(kafka, topic)
    if found["error_code"] or not found["partitions"]:
        raise Misconfigured(
            f"topic {topic!r} does not exist at {kafka.bootstrap}; `badbuzz produce` makes it, or set BADBUZZ_KAFKA__TOPIC"
        )
    numbers = sorted(partition["partition_index"] for partition in found["partitions"])
    return Topic(topic, str(found["topic_id"]), tuple(numbers))


def check_topic_readable(kafka: KafkaSettings, topic: str) -> None:
    """See to it that a topic which we want to read may be seen; it need not exist.

    :raises Misconfigured: if the broker hides it, which looks like a topic without records.
    :raises Retry: if no broker answers.
    """
    _look(kafka, topic)


def _look(kafka: KafkaSettings, topic: str) -> dict[str, Any]:
    try:
        with closing(KafkaAdminClient(**client_options(kafka, "badbuzz-describe"))) as admin:
            found: dict[str, Any] = admin.describe_topics([topic])[0]
    except REFUSALS as error:
        raise Misconfigured(
            f"kafka at {kafka.bootstrap} refuses us: {error}; check the credentials and the ACLs"
        ) from None
    except KafkaError as error:
        raise explain_absence_as_retry(kafka, error) from None
    check_topic_visible(kafka, topic, found["error_code"], "Read")
    return found
