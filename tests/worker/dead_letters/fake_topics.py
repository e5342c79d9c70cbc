"""Topics in memory, which can refuse any record, or kill the process at any record."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from badbuzz.errors import BadRecord, GiveUp, Misconfigured
from worker.dead_letters.port import DeadLetter
from worker.dead_letters.reader import DeadLetterListing, collect_dead_letters
from worker.dead_letters.record_writer import WrittenRecord
from worker.dead_letters.stored_dead_letter import build_letter_headers
from worker.source.memory import MemoryRecord
from worker.source.port import LOG_APPEND_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from worker.dead_letters.record_writer import OutgoingRecord
    from worker.dead_letters.stored_dead_letter import StoredDeadLetter

TOPIC = "tweets"
DLQ = "tweets.dlq"


class KilledError(Exception):
    """The process is killed."""


@dataclass
class FakeRecord:
    """A record with the attributes of kafka-python's."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    leader_epoch: int | None = None
    timestamp_type: int = LOG_APPEND_TIME


@dataclass
class FakeTopics:
    """A :class:`worker.dead_letters.record_writer.RecordWriter` that writes into lists. Each topic has one partition."""

    logs: dict[str, list[FakeRecord]] = field(default_factory=lambda: defaultdict(list))
    refused_values: frozenset[bytes] = frozenset()
    lives_for: int | None = None

    def send(self, records: Sequence[OutgoingRecord]) -> list[WrittenRecord | GiveUp]:
        return [self._take(record) for record in records]

    def _take(self, record: OutgoingRecord) -> WrittenRecord | GiveUp:
        if self.lives_for is not None:
            if not self.lives_for:
                raise KilledError
            self.lives_for -= 1
        if record.value in self.refused_values:
            return Misconfigured(f"kafka: {record.topic!r} takes no record of this size")
        log = self.logs[record.topic]
        log.append(
            FakeRecord(
                record.partition or 0, len(log), 1_000 + len(log), record.key, record.value, record.headers
            )
        )
        return WrittenRecord(record.partition or 0, len(log) - 1)

    def reject(self, offset: int, problem: str = "bad", *, topic: str = TOPIC, value: bytes = b"{") -> None:
        """Write the dead letter of a worker that cannot score the record at this offset of partition 0."""
        record = MemoryRecord(0, offset, 1_700_000_000_000, b"key", value)
        headers = build_letter_headers(topic, DeadLetter(record, BadRecord("decode", problem)))
        log = self.logs[DLQ]
        log.append(FakeRecord(0, len(log), 1_000 + len(log), record.key, record.value, headers))

    def list_letters(self, wanted: Callable[[StoredDeadLetter], bool] = lambda _: True) -> DeadLetterListing:
        return collect_dead_letters(self.logs[DLQ], TOPIC, wanted)

    def waiting(self) -> list[StoredDeadLetter]:
        return [letter for letter in self.list_letters().letters if letter.handled is None]
