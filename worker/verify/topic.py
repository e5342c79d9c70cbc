"""What Kafka holds: watermarks, dead letters, and the records themselves. Reads without a group and commits nothing."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError

from badbuzz.errors import BadRecord, Misconfigured, Retry
from badbuzz.kafka_client import REFUSALS, client_options
from badbuzz.tweet import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from badbuzz.settings import KafkaSettings

_PATIENCE_S = 15.0
"""A broker that gives neither records nor watermarks for so long is away."""

_POLL_MS = 200


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a partition holds from an offset on: ``log_start`` and ``high_watermark`` as they are now, and what waits."""

    log_start: int
    high_watermark: int
    waiting: bool


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The offsets that dead letters name, by partition; ``expired`` if Kafka has deleted some letters already."""

    named: Mapping[int, set[int]]
    expired: bool


class TopicReader:
    """Reads one topic and its dead letters. Every method raises ``Retry`` (no answer) or ``Misconfigured`` (refused)."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        with kafka_errors(kafka):
            self._consumer = KafkaConsumer(
                **client_options(kafka, "badbuzz-verify"),
                auto_offset_reset="none",
                enable_auto_commit=False,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close(autocommit=False)

    def backlogs(self, ends: Mapping[int, int]) -> dict[int, Backlog]:
        """Find what each partition holds from the given offset on.

        Watermarks come from fetches, as a broker's answer to ``ListOffsets`` may not (the embedded one's is wrong).
        ``waiting`` tells whether a record is really there: offsets alone may be those of transaction markers.
        """
        starts = self._log_starts([self._tp(partition) for partition in ends])
        self._seek({tp: max(ends[tp.partition], start) for tp, start in starts.items()})
        waiting: set[TopicPartition] = set()
        for records in self._polls(lambda: all(tp in waiting or self._is_at_end(tp) for tp in starts)):
            waiting.update(records)
            self._consumer.pause(*records)
        return {
            tp.partition: Backlog(start, self._consumer.highwater(tp), tp in waiting)
            for tp, start in starts.items()
        }

    def dead_letters(self) -> DeadLetters:
        """Read the whole dead-letter topic, if there is one."""
        topic = self._kafka.dead_letter_topic
        with kafka_errors(self._kafka):
            partitions = self._consumer.partitions_for_topic(topic) or set()
        starts = self._log_starts([TopicPartition(topic, partition) for partition in partitions])
        self._seek(starts)
        named: dict[int, set[int]] = defaultdict(set)
        for records in self._polls(lambda: all(self._is_at_end(tp) for tp in starts)):
            for record in (record for found in records.values() for record in found):
                if origin := _origin(record.headers, self._kafka.topic):
                    named[origin[0]].add(origin[1])
        return DeadLetters(named, expired=any(starts.values()))

    def ids(self, partition: int, start: int, end: int) -> dict[int, str | None]:
        """Read the tweets' ids of ``[start, end)`` by offset; None where a record is no tweet."""
        tp = self._tp(partition)
        self._seek({tp: start})
        found: dict[int, str | None] = {}
        for records in self._polls(lambda: self._consumer.position(tp) >= end):
            found |= {
                record.offset: _id(record.value) for record in records.get(tp, ()) if record.offset < end
            }
        return found

    def _tp(self, partition: int) -> TopicPartition:
        return TopicPartition(self._kafka.topic, partition)

    def _log_starts(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        with kafka_errors(self._kafka):
            starts: dict[TopicPartition, int] = self._consumer.beginning_offsets(
                partitions, timeout_ms=int(_PATIENCE_S * 1000)
            )
        return starts

    def _seek(self, positions: Mapping[TopicPartition, int]) -> None:
        self._consumer.assign(list(positions))
        self._consumer.resume(*positions)
        for tp, offset in positions.items():
            self._consumer.seek(tp, offset)

    def _is_at_end(self, tp: TopicPartition) -> bool:
        high = self._consumer.highwater(tp)
        return high is not None and self._consumer.position(tp) >= high

    def _polls(self, done: Callable[[], bool]) -> Iterator[dict[TopicPartition, list[Any]]]:
        """Poll until ``done``; gives up when there has been neither a record nor an end for too long."""
        deadline = time.monotonic() + _PATIENCE_S
        while not done():
            records = self._poll()
            if records:
                deadline = time.monotonic() + _PATIENCE_S
                yield records
            elif time.monotonic() > deadline:
                raise Retry("kafka", f"no records from {self._kafka.bootstrap} for {_PATIENCE_S:.0f} s")

    def _poll(self) -> dict[TopicPartition, list[Any]]:
        try:
            with kafka_errors(self._kafka):
                records: dict[TopicPartition, list[Any]] = self._consumer.poll(timeout_ms=_POLL_MS)
        except OffsetOutOfRangeError as error:
            # The topic ends before this offset, or retention has just passed it: what it has begins at its log's start.
            for tp, start in self._log_starts(list(error.args[0])).items():
                self._consumer.seek(tp, start)
            return {}
        return records


@contextmanager
def kafka_errors(kafka: KafkaSettings) -> Iterator[None]:
    """Turn kafka-python's errors into ours, except for an offset out of range, which is an answer."""
    try:
        yield
    except OffsetOutOfRangeError:
        raise
    except REFUSALS as error:
        raise Misconfigured(
            f"kafka at {kafka.bootstrap} refuses us: {error}; check BADBUZZ_KAFKA__SASL_* and the broker's ACLs"
        ) from None
    except KafkaError as error:
        raise Retry("kafka", f"no answer from {kafka.bootstrap}: {error!r}") from None


def _origin(headers: list[tuple[str, bytes]], topic: str) -> tuple[int, int] | None:
    """Tell of which partition and offset a dead letter is, None if of another topic or by somebody else."""
    told = dict(headers)
    if told.get("__connect.errors.topic") != topic.encode():
        return None
    try:
        return int(told["__connect.errors.partition"]), int(told["__connect.errors.offset"])
    except (KeyError, ValueError):
        return None


def _id(value: bytes | None) -> str | None:
    try:
        return decode(value)["id"]
    except BadRecord:
        return None
