"""Reads partitions from any offset to the end of their logs, without a group and without commits.

The end is the last stable offset: what an open transaction holds back is not waited for. If uncommitted records are read, it is
the high watermark.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, LogTruncationError, OffsetOutOfRangeError
from kafka.structs import OffsetAndMetadata

from badbuzz.clients.kafka_client import build_client_options
from badbuzz.clients.kafka_failures import explain_failure
from badbuzz.errors import Retry
from worker.source.fetcher import (
    UnreadableBatchError,
    UnreadableBatches,
    get_log_end,
    get_position,
    patch_fetcher,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from badbuzz.settings import KafkaSettings
    from worker.source.fetcher import LogEnd

SILENCE_S = 15.0
"""A broker that returns neither records nor ends of logs for this long counts as away."""

_POLL_MS = 200


class LogReader:
    """Reads chosen partitions. Methods raise ``Retry`` if no broker answers, and ``Misconfigured`` if it refuses us."""

    def __init__(self, kafka: KafkaSettings, client_id: str) -> None:
        self._kafka = kafka
        with _kafka_errors(kafka):
            self._consumer = KafkaConsumer(
                **build_client_options(kafka, client_id),
                auto_offset_reset="none",
                enable_auto_commit=False,
                allow_auto_create_topics=False,
                isolation_level=kafka.isolation_level,
                metrics_enabled=False,
            )
        patch_fetcher(self._consumer)
        self._unreadable = UnreadableBatches()
        self._epochs: dict[TopicPartition, int] = {}
        self.common_ends: dict[TopicPartition, int] = {}
        """For partitions whose log was rewritten before our position: the offset from which on it differs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close(autocommit=False)

    def list_partitions(self, topic: str) -> list[TopicPartition]:
        """Return the topic's partitions; an empty list if there is no such topic."""
        with _kafka_errors(self._kafka):
            numbers = self._consumer.partitions_for_topic(topic) or set()
        return [TopicPartition(topic, number) for number in sorted(numbers)]

    def fetch_start_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Fetch the first offset of each log."""
        with _kafka_errors(self._kafka):
            starts: dict[TopicPartition, int] = self._consumer.beginning_offsets(
                partitions, timeout_ms=int(SILENCE_S * 1000)
            )
        return starts

    def seek(
        self, positions: Mapping[TopicPartition, int], epochs: Mapping[TopicPartition, int] | None = None
    ) -> None:
        """Read only these partitions, from these offsets.

        :param epochs: the leader epochs of the records before these offsets, as far as they are known. If Kafka has replaced such
            a record, the partition is in :attr:`common_ends` before any record of it is returned.
        """
        self._consumer.assign(list(positions))
        self._consumer.resume(*positions)
        self.common_ends = {}
        self._epochs = dict(epochs or {})
        for partition, offset in positions.items():
            self._seek(partition, offset)

    def pause(self, *partitions: TopicPartition) -> None:
        """Stop reading these partitions."""
        self._consumer.pause(*partitions)

    def position(self, partition: TopicPartition) -> int:
        """Return the offset that is read next."""
        position = get_position(self._consumer, partition)
        if position is None:
            raise LookupError(f"{partition} is not read")
        return position

    def log_end(self, partition: TopicPartition) -> LogEnd:
        """Return the log's end in the last fetch, which must exist. The embedded broker's ``ListOffsets`` is wrong."""
        end = get_log_end(self._consumer, partition)
        if end is None:
            raise LookupError(f"{partition} was not fetched")
        return end

    def is_at_end(self, partition: TopicPartition) -> bool:
        """Return whether the log is read to its end."""
        end = get_log_end(self._consumer, partition)
        return end is not None and self.position(partition) >= end.stable

    def read_to_end(self, starts: Mapping[TopicPartition, int]) -> Iterator[Any]:
        """Yield kafka-python's records from these offsets to the end of every partition."""
        self.seek(starts)
        for records in self.poll_until(lambda: all(self.is_at_end(partition) for partition in starts)):
            for found in records.values():
                yield from found

    def poll_until(self, done: Callable[[], bool]) -> Iterator[dict[TopicPartition, list[Any]]]:
        """Yield the result of each poll with records until ``done()``; raise ``Retry`` if no record comes for too long."""
        deadline = time.monotonic() + SILENCE_S
        while not done():
            records = self._poll()
            if records:
                deadline = time.monotonic() + SILENCE_S
                yield records
            elif time.monotonic() > deadline:
                raise Retry("kafka", f"no records from {self._kafka.bootstrap} for {SILENCE_S:.0f} s")

    def _poll(self) -> dict[TopicPartition, list[Any]]:
        try:
            with _kafka_errors(self._kafka):
                records: dict[TopicPartition, list[Any]] = self._consumer.poll(timeout_ms=_POLL_MS)
        except OffsetOutOfRangeError as error:
            for partition, start in self.fetch_start_offsets(list(error.args[0])).items():
                self._restart_out_of_range(partition, start)
            return {}
        except LogTruncationError as error:
            for partition, found in error.divergent_offsets.items():
                self._restart_truncated(partition, 0 if found is None else found.offset)
            return {}
        except UnreadableBatchError as error:
            self._unreadable.add(error)
            return {}
        return records

    def _seek(self, partition: TopicPartition, offset: int) -> None:
        self._consumer.seek(partition, offset)
        if (epoch := self._epochs.get(partition)) is not None:
            position = OffsetAndMetadata(offset, "", epoch)
            self._consumer._subscription.seek(partition, position)  # noqa: SLF001 - the public method takes no epoch

    def _restart_out_of_range(self, partition: TopicPartition, log_start: int) -> None:
        """Continue at the same offset without an epoch, which Kafka may not know, or else at the log's start."""
        position = self.position(partition)
        if partition in self._epochs and position >= log_start:
            self._restart_truncated(partition, 0)
            return
        # The topic ends before this offset, or retention has just deleted it.
        self._consumer.seek(partition, log_start)

    def _restart_truncated(self, partition: TopicPartition, common_end: int) -> None:
        """Continue at the same offset, in a log that differs from ``common_end`` on."""
        self.common_ends[partition] = common_end
        self._epochs.pop(partition, None)
        self._seek(partition, self.position(partition))


@contextmanager
def _kafka_errors(kafka: KafkaSettings) -> Iterator[None]:
    """Turn kafka-python's errors into ours, except for those of a fetch, which the caller handles."""
    try:
        yield
    except (LogTruncationError, OffsetOutOfRangeError, UnreadableBatchError):
        raise
    except KafkaError as error:
        raise explain_failure(kafka, error, "no answer from") from None
