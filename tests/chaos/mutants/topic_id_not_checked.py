"""A worker that fetches by the topic's name, and does not compare the topic's id."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING
from unittest import mock

from worker.source.kafka import KafkaSource

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def break_safeguard() -> AbstractContextManager[object]:
    with ExitStack() as stack:
        stack.enter_context(mock.patch("worker.source.kafka.pin_topic"))
        stack.enter_context(mock.patch.object(KafkaSource, "_refuse_other_topic"))
        return stack.pop_all()
