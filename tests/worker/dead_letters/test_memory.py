"""The in-memory sink's own part; the suite for both sinks is ``test_port.py``."""

from __future__ import annotations

from badbuzz.errors import BadRecord
from worker.dead_letters.memory import MemoryDeadLetters
from worker.dead_letters.port import DeadLetter
from worker.source.memory import MemoryRecord


def test_letters_are_stored_in_the_order_of_sending() -> None:
    sink = MemoryDeadLetters()
    letters = [DeadLetter(MemoryRecord(0, n, 0, None, b"x"), BadRecord("decode", "bad")) for n in range(3)]
    sink.send(letters[:2])
    sink.send(letters[2:])
    sink.close()
    assert sink.letters == letters
