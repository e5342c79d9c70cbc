"""Creates the topic of tweets if it is missing. An existing topic is not changed."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

from kafka import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from badbuzz.clients.kafka_client import (
    build_client_options,
    check_topic_exists,
    explain_absence,
    kafka_errors,
)
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from badbuzz.settings import KafkaSettings

PARTITIONS: Final = 12
"""Can be divided evenly among 1, 2, 3, 4, 6 and 12 workers. A later change would break the chains."""


def ensure_topic(kafka: KafkaSettings, *, create: bool) -> None:
    """Create the topic if it is missing.

    :raises Misconfigured: if the topic is missing and ``create`` is false, or the broker refuses access.
    :raises DependencyDown: if no broker answers.
    """
    options = build_client_options(kafka, "badbuzz-produce")
    with kafka_errors(kafka, explain_absence), closing(KafkaAdminClient(**options)) as admin:
        if _exists(admin, kafka):
            return
        if not create:
            raise Misconfigured(
                f"topic {kafka.topic!r} does not exist at {kafka.bootstrap}; omit --no-create-topic to create it"
            )
        _create(admin, kafka.topic)


def _exists(admin: KafkaAdminClient, kafka: KafkaSettings) -> bool:
    [found] = admin.describe_topics([kafka.topic])
    return check_topic_exists(kafka, kafka.topic, found["error_code"], "Write")


def _create(admin: KafkaAdminClient, topic: str) -> None:
    # LogAppendTime: the broker's clock sets the time of arrival, not a producer's.
    settings = {
        "num_partitions": PARTITIONS,
        "configs": {"message.timestamp.type": "LogAppendTime"},
    }
    with suppress(TopicAlreadyExistsError):  # another producer was faster
        admin.create_topics({topic: settings}, wait_for_metadata=True)
