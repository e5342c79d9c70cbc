"""Dead letters selected by stage, message, time, partition and offset."""

from __future__ import annotations

import re

import pytest

from tests.worker.dead_letters.fake_topics import TOPIC
from worker.dead_letters.filter import DeadLetterFilter
from worker.dead_letters.stored_dead_letter import RecordPosition, StoredDeadLetter


def letter(
    offset: int = 7, *, partition: int = 3, stage: str = "decode", message: str = "bad", at: int = 5_000
) -> StoredDeadLetter:
    return StoredDeadLetter(RecordPosition(TOPIC, partition, offset), stage, message, at, 0, 0, b"k", b"v")


@pytest.mark.parametrize(
    ("letter_filter", "taken"),
    [
        (DeadLetterFilter(), True),
        (DeadLetterFilter(stage="decode"), True),
        (DeadLetterFilter(stage="score"), False),
        (DeadLetterFilter(match=re.compile("^b.d")), True),
        (DeadLetterFilter(match=re.compile("good")), False),
        (DeadLetterFilter(since_ms=5_000), True),
        (DeadLetterFilter(since_ms=5_001), False),
        (DeadLetterFilter(until_ms=5_001), True),
        (DeadLetterFilter(until_ms=5_000), False),
        (DeadLetterFilter(partition=3), True),
        (DeadLetterFilter(partition=0), False),
        (DeadLetterFilter(partition=3, offsets=(7, 7)), True),
        (DeadLetterFilter(partition=3, offsets=(0, None)), True),
        (DeadLetterFilter(partition=3, offsets=(8, None)), False),
        (DeadLetterFilter(partition=3, offsets=(0, 6)), False),
        (DeadLetterFilter(stage="decode", partition=0), False),
    ],
)
def test_a_letter_must_match_all_conditions(letter_filter: DeadLetterFilter, taken: bool) -> None:  # noqa: FBT001 - an expectation
    assert letter_filter.matches(letter()) is taken
