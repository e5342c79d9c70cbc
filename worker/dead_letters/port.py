"""The dead letter as a worker sends it, and the sink that takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.errors import BadRecord
    from worker.source.port import Record


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that cannot be processed, and the error."""

    record: Record
    error: BadRecord


class DeadLetterSink(Protocol):
    """Takes dead letters. After a crash a letter may be sent again; its record's topic, partition and offset identify it."""

    def send(self, letters: Sequence[DeadLetter]) -> None:
        """Send the letters. Return when every letter is stored safely.

        :raises Retry: if no broker answers.
        """

    def close(self) -> None:
        """Close connections."""
