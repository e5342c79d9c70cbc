"""The topic that tweets go to: made if it is missing, left alone if it is there."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from badbuzz.clients.kafka_client import REFUSALS, check_topic_visible, client_options, explain_absence
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from badbuzz.settings import KafkaSettings

PARTITIONS: Final = 12
"""Divides evenly among 1, 2, 3, 4, 6 and 12 workers, and cannot be changed later without breaking the chains."""


def ensure_topic(kafka: KafkaSettings, *, create: bool) -> None:
    """See to it that the topic exists.

    :raises Misconfigured: if it is missing and may not be made, or the broker does not let us in.
    :raises DependencyDown: if no broker answers.
    """
    options = client_options(kafka, "badbuzz-produce")
    try:
        with closing(KafkaAdminClient(**options)) as admin:
            if _exists(admin, kafka):
                return
            if not create:
                raise Misconfigured(
                    f"topic {kafka.topic!r} does not exist at {kafka.bootstrap}; leave out --no-create-topic to make it"
                )
            _create(admin, kafka.topic)
    except REFUSALS as error:
        raise Misconfigured(
            f"kafka at {kafka.bootstrap} refuses us: {error}; check the credentials and the ACLs"
        ) from None
    except KafkaError as error:
        raise explain_absence(kafka, error) from None


def _exists(admin: KafkaAdminClient, kafka: KafkaSettings) -> bool:
    [found] = admin.describe_topics([kafka.topic])
    check_topic_visible(kafka, kafka.topic, found["error_code"], "Write")
    return not found["error_code"]


def _create(admin: KafkaAdminClient, topic: str) -> None:
    # LogAppendTime: when a tweet arrived is what the broker says, not what producers believe.
    wanted = {
        "num_partitions": PARTITIONS,
        "configs": {"message.timestamp.type": "LogAppendTime"},
    }
    with suppress(TopicAlreadyExistsError):  # somebody was faster
        admin.create_topics({topic: wanted}, wait_for_metadata=True)
