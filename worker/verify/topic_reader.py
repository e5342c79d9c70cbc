"""Reads watermarks, dead letters and records from Kafka, without a consumer group and without commits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from kafka import TopicPartition

from badbuzz.contracts.tweet import decode_tweet
from badbuzz.errors import BadRecord
from worker.dead_letters.stored_dead_letter import CONNECT, read_position
from worker.source.log_reader import LogReader
from worker.source.topics import is_topic_compacted
from worker.verify.kafka_check import TOMBSTONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Backlog:
    """A partition's current ``log_start``, ``end`` and ``high_watermark``, and whether a record waits from a given offset on.

    An open transaction holds back the records from ``end`` on. ``common_end`` is set if Kafka has replaced
    records before the given offset: from there on, the log has others.
    """

    log_start: int
    end: int
    high_watermark: int
    waiting: bool
    common_end: int | None = None


@dataclass(frozen=True, slots=True)
class DeadLetterOffsets:
    """The offsets that dead letters name, by partition. ``expired`` is set if Kafka has deleted some of the letters."""

    named: Mapping[int, set[int]]
    expired: bool


class TopicReader:
    """Reads one topic and its dead letters. Every method may raise ``Retry`` (no answer) or ``Misconfigured`` (refused)."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._log = LogReader(kafka, "badbuzz-verify")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._log.__exit__(*exception)

    def find_backlogs(
        self, ends: Mapping[int, int], epochs: Mapping[int, int] | None = None
    ) -> dict[int, Backlog]:
        """Find what each partition holds from the given offset on.

        ``waiting`` is set only if a record was read: offsets alone may belong to transaction markers.

        :param epochs: the leader epochs of the records before these offsets, as far as they are known.
        """
        starts = self._log.fetch_start_offsets([self._topic_partition(partition) for partition in ends])
        known = {
            tp: epochs[tp.partition]
            for tp, start in starts.items()
            if epochs and tp.partition in epochs and ends[tp.partition] >= start
        }
        self._log.seek({tp: max(ends[tp.partition], start) for tp, start in starts.items()}, known)
        waiting: set[TopicPartition] = set()
        for records in self._log.poll_until(
            lambda: all(tp in waiting or self._log.is_at_end(tp) for tp in starts)
        ):
            waiting.update(records)
            self._log.pause(*records)
        return {
            tp.partition: Backlog(start, *self._log.log_end(tp), tp in waiting, self._log.common_ends.get(tp))
            for tp, start in starts.items()
        }

    def read_dead_letters(self) -> DeadLetterOffsets:
        """Read the whole dead-letter topic, if it exists. Markers (:mod:`worker.dead_letters.handled_marker`) are ignored."""
        starts = self._log.fetch_start_offsets(self._log.list_partitions(self._kafka.dead_letter_topic))
        named: dict[int, set[int]] = defaultdict(set)
        for record in self._log.read_to_end(starts):
            position = read_position(record.headers, CONNECT)
            if position and position.topic == self._kafka.topic:
                named[position.partition].add(position.offset)
        return DeadLetterOffsets(named, expired=any(starts.values()))

    def is_compacted(self) -> bool:
        """Return whether Kafka compacts the topic."""
        return is_topic_compacted(self._kafka, self._kafka.topic)

    def are_dead_letters_compacted(self) -> bool:
        """Return whether Kafka compacts the dead-letter topic, and so may have deleted letters."""
        return is_topic_compacted(self._kafka, self._kafka.dead_letter_topic)

    def read_ids(self, partition: int, start: int, end: int) -> dict[int, str | None]:
        """Read the ids of the tweets in ``[start, end)`` by offset.

        The id is None for a record that is not a tweet, and :data:`worker.verify.kafka_check.TOMBSTONE` for one without a value.
        """
        tp = self._topic_partition(partition)
        self._log.seek({tp: start})
        found: dict[int, str | None] = {}
        for records in self._log.poll_until(lambda: self._log.position(tp) >= end or self._log.is_at_end(tp)):
            found |= {
                record.offset: _id(record.value) for record in records.get(tp, ()) if record.offset < end
            }
        return found

    def _topic_partition(self, partition: int) -> TopicPartition:
        return TopicPartition(self._kafka.topic, partition)


def _id(value: bytes | None) -> str | None:
    if value is None:
        return TOMBSTONE
    try:
        return decode_tweet(value)["id"]
    except BadRecord:
        return None
