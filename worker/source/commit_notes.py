"""Notes in a group's committed offsets: each commit names the folder of scored rows to which its worker writes.

Kafka is all that the workers of a group share for certain: a worker with another folder and another Redis, such as one on a
developer's machine that uses the group of the production system, takes partitions away from the others.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from badbuzz.clients.kafka_client import (
    REQUEST_TIMEOUT_MS,
    build_client_options,
    explain_absence_as_retry,
    kafka_errors,
)
from badbuzz.clients.kafka_failures import explain_failure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from badbuzz.errors import BadBuzzError
    from badbuzz.settings import KafkaSettings

_PREFIX: Final = "badbuzz-folder="
_CLOSE_TIMEOUT_MS: Final = 1_000


def format_note(folder: str) -> str:
    """Return the metadata of a commit of a worker that writes to the folder with this identity."""
    return _PREFIX + folder


class CommitNotes:
    """The notes of one group on one topic, compared with the identity of this worker's folder.

    :param partitions: those of the topic when the worker starts; commits of partitions that are added later are not compared.
    """

    def __init__(self, kafka: KafkaSettings, partitions: Iterable[int], folder: str) -> None:
        self._kafka = kafka
        self._asked = [TopicPartition(kafka.topic, number) for number in partitions]
        self._folder = folder
        self._consumer: KafkaConsumer | None = None

    def close(self) -> None:
        """Close the connection. A request that another thread waits for fails."""
        if self._consumer:
            with suppress(KafkaError):
                self._consumer.close(autocommit=False, timeout_ms=_CLOSE_TIMEOUT_MS)

    def find_difference(self) -> str | None:
        """Return a description of a commit that names another folder, with the remedies; None if there is none.

        :raises Retry: if no broker answers.
        :raises Misconfigured: if the broker refuses us.
        """
        others = {partition: folder for partition, folder in self._fetch().items() if folder != self._folder}
        if not others:
            return None
        kafka, partition = self._kafka, min(others)
        return (
            f"a worker of group {kafka.group!r} on topic {kafka.topic!r} writes to another folder of scored rows, so rows are "
            f"split: the commit of partition {partition} names the folder {others[partition]}, this worker's BADBUZZ_SCORED__URL "
            f"is the folder {self._folder}. Give the worker that is wrong a group of its own (BADBUZZ_KAFKA__GROUP), or the "
            "folder and Redis of the others. To move the group to this folder, stop all its workers and run: "
            f"kafka-consumer-groups.sh --bootstrap-server {kafka.bootstrap} "
            f"--group {kafka.group} --topic {kafka.topic} --delete-offsets"
        )

    def _fetch(self) -> dict[int, str]:
        """Fetch the folder that each partition's commit names. Metadata of older versions and other tools are ignored."""
        consumer = self._connect()
        with kafka_errors(self._kafka, _explain_failed_request):
            coordinator = consumer._coordinator  # noqa: SLF001 - the public method asks for one partition
            committed = coordinator.fetch_committed_offsets(self._asked, timeout_ms=REQUEST_TIMEOUT_MS)
        return {
            tp.partition: found.metadata.removeprefix(_PREFIX)
            for tp, found in committed.items()
            if (found.metadata or "").startswith(_PREFIX)
        }

    def _connect(self) -> KafkaConsumer:
        """Connect, or return the connection, which survives outages. A consumer without a subscription joins no group.

        Unlike the admin client it waits for a coordinator that loads, and finds one that moved.
        """
        if self._consumer is None:
            with kafka_errors(self._kafka, explain_absence_as_retry):
                self._consumer = KafkaConsumer(
                    **build_client_options(self._kafka, "badbuzz-notes"),
                    group_id=self._kafka.group,
                    enable_auto_commit=False,
                    allow_auto_create_topics=False,
                    metrics_enabled=False,
                )
        return self._consumer


def _explain_failed_request(kafka: KafkaSettings, error: KafkaError) -> BadBuzzError:
    return explain_failure(kafka, error, "no committed offsets from")
