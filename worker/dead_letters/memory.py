"""Dead letters in memory, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.dead_letters.port import DeadLetter


class MemoryDeadLetters:
    """The in-memory :class:`worker.dead_letters.port.DeadLetterSink`."""

    def __init__(self) -> None:
        self.letters: list[DeadLetter] = []

    def send(self, letters: Sequence[DeadLetter]) -> None:
        """Store the letters."""
        self.letters.extend(letters)

    def close(self) -> None:
        """Do nothing."""
