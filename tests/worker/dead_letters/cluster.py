"""Topics in memory: what handling letters writes to, and what may refuse or die at any record."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from badbuzz.errors import BadRecord, GiveUp, Misconfigured
from worker.dead_letters.kafka import headers
from worker.dead_letters.mailbox import Mailbox, fold
from worker.dead_letters.outbox import Placed
from worker.dead_letters.port import DeadLetter
from worker.source.memory import MemoryRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from worker.dead_letters.letters import Letter
    from worker.dead_letters.outbox import Outgoing

TOPIC = "tweets"
DLQ = "tweets.dlq"


class KilledError(Exception):
    """The process ends here."""


@dataclass
class Stored:
    """A record with the attributes that kafka-python's have."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass
class Cluster:
    """An :class:`worker.dead_letters.outbox.Outbox` onto topics of one partition each (the number is what was asked for)."""

    topics: dict[str, list[Stored]] = field(default_factory=lambda: defaultdict(list))
    refused_values: frozenset[bytes] = frozenset()
    lives_for: int | None = None

    def send(self, records: Sequence[Outgoing]) -> list[Placed | GiveUp]:
        return [self._take(record) for record in records]

    def _take(self, record: Outgoing) -> Placed | GiveUp:
        if self.lives_for is not None:
            if not self.lives_for:
                raise KilledError
            self.lives_for -= 1
        if record.value in self.refused_values:
            return Misconfigured(f"kafka: {record.topic!r} takes no record of this size")
        log = self.topics[record.topic]
        log.append(
            Stored(
                record.partition or 0, len(log), 1_000 + len(log), record.key, record.value, record.headers
            )
        )
        return Placed(record.partition or 0, len(log) - 1)

    def reject(self, offset: int, problem: str = "bad", *, topic: str = TOPIC, value: bytes = b"{") -> None:
        """What a worker does that cannot score the record at this offset of partition 0."""
        record = MemoryRecord(0, offset, 1_700_000_000_000, b"key", value)
        told = headers(topic, DeadLetter(record, BadRecord("decode", problem)))
        log = self.topics[DLQ]
        log.append(Stored(0, len(log), 1_000 + len(log), record.key, record.value, told))

    def mailbox(self, wanted: Callable[[Letter], bool] = lambda _: True) -> Mailbox:
        return fold(self.topics[DLQ], TOPIC, wanted)

    def waiting(self) -> list[Letter]:
        return [letter for letter in self.mailbox().letters if letter.handled is None]
