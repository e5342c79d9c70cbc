"""A dead-letter sink that does not wait for acknowledgements."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

from worker.dead_letters.kafka_sink import KafkaDeadLetters, _key
from worker.dead_letters.stored_dead_letter import build_letter_headers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from worker.dead_letters.port import DeadLetter


class UnawaitedDeadLetters(KafkaDeadLetters):
    """Returns before the records are acknowledged."""

    def send(self, letters: Sequence[DeadLetter]) -> None:
        if self._producer is None:
            super().send(letters)  # the first ones connect
            return
        for letter in letters:
            self._producer.send(
                self._kafka.dead_letter_topic,
                key=_key(letter.record),
                value=letter.record.value,
                headers=build_letter_headers(self._kafka.topic, letter),
            )


def break_safeguard() -> AbstractContextManager[object]:
    return mock.patch("worker.assemble.KafkaDeadLetters", UnawaitedDeadLetters)
