"""Reading dead letters and selecting them."""

from __future__ import annotations

from tests.worker.dead_letters.fake_topics import DLQ, TOPIC, FakeRecord, FakeTopics
from worker.dead_letters.filter import DeadLetterFilter
from worker.dead_letters.stored_dead_letter import RecordPosition


def test_foreign_records_are_counted_and_ignored() -> None:
    topics = FakeTopics()
    topics.reject(1)
    topics.reject(2, topic="another")
    topics.logs[DLQ].append(FakeRecord(0, 2, 0, None, b"by hand", []))
    found = topics.list_letters()
    assert [one.record for one in found.letters] == [RecordPosition(TOPIC, 0, 1)]
    assert found.foreign == 2


def test_a_letter_has_the_workers_error_and_record() -> None:
    topics = FakeTopics()
    topics.reject(1, "text: Field required (got {'é': 1})", value=b"\xff")
    (found,) = topics.list_letters().letters
    assert (found.stage, found.message) == ("decode", "text: Field required (got {'é': 1})")
    assert (found.key, found.value) == (b"key", b"\xff")


def test_only_wanted_letters_are_kept() -> None:
    topics = FakeTopics()
    for offset in range(4):
        topics.reject(offset)
    found = topics.list_letters(DeadLetterFilter(offsets=(2, None)).matches)
    assert [one.record.offset for one in found.letters] == [2, 3]
