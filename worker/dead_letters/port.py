"""What a dead letter is, and what takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.errors import BadRecord
    from worker.source.port import Record


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that cannot be processed, and why."""

    record: Record
    error: BadRecord


class DeadLetterSink(Protocol):
    """Takes dead letters. A letter may be sent again after a crash; its topic, partition and offset name it."""

    def send(self, letters: Sequence[DeadLetter]) -> None:
        """Return when every letter is safe.

        :raises Retry: if no broker answers.
        """

    def close(self) -> None:
        """Let go of connections."""
